create temporary table rolling_day (
  site_id varchar(36) not null,
  day date not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null
);
