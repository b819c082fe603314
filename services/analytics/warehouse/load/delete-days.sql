delete from rollup_day
using rolling_day
where rollup_day.site_id = rolling_day.site_id and rollup_day.day = rolling_day.day;
