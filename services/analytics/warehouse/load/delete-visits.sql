delete from visit
using rolling_day
where visit.site_id = rolling_day.site_id
  and visit.started_at >= rolling_day.starts_at and visit.started_at < rolling_day.ends_at;
