delete from dirty_day
using rolling_day
where dirty_day.site_id = rolling_day.site_id and dirty_day.day = rolling_day.day;
