delete from rollup_quarter
using rolling_day
where rollup_quarter.site_id = rolling_day.site_id
  and rollup_quarter.quarter >= rolling_day.starts_at and rollup_quarter.quarter < rolling_day.ends_at;
