-- $1 is now.
insert into dirty_day (site_id, day, since)
select changed.site_id, changed.day, cast($1 as timestamptz)
from (
  select distinct site_id, cast(at at time zone 'UTC' as date) as day
  from event_staging
) changed
left join dirty_day on dirty_day.site_id = changed.site_id and dirty_day.day = changed.day
where dirty_day.day is null;
