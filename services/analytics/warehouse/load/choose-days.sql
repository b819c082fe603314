-- Days before $1 are read here, so they come at once; later ones when they have been waiting since $2.
insert into rolling_day (site_id, day, starts_at, ends_at)
select site_id, day, cast(day as timestamp) at time zone 'UTC', cast(day + 1 as timestamp) at time zone 'UTC'
from dirty_day
where day < cast($1 as date) or since <= cast($2 as timestamptz)
order by day, site_id
limit 8;
