-- What PostgreSQL and Redshift both take. Keys are only said, never enforced: Redshift would not, so the stand-in must not.
-- Lengths are bytes in Redshift: four for each character that the event contract allows.
create table event (
  id varchar(36) not null,
  site_id varchar(36) not null,
  visitor bigint not null,
  at timestamptz not null,
  received_at timestamptz not null,
  seconds integer,
  clock_skew boolean not null,
  type varchar(16) not null,
  path varchar(4096) not null,
  title varchar(1024),
  referrer varchar(1012),
  utm_source varchar(512),
  utm_medium varchar(512),
  utm_campaign varchar(512),
  country varchar(8),
  browser varchar(256),
  os varchar(256),
  device varchar(16),
  language varchar(140),
  screen varchar(64),
  name varchar(512),
  props varchar(65535)
);

-- A visitor's run of events with gaps of at most 30 minutes, within one UTC day.
create table visit (
  site_id varchar(36) not null,
  visitor bigint not null,
  started_at timestamptz not null,
  ended_at timestamptz not null,
  views integer not null,
  customs integer not null
);

-- The same roll-ups as in Aurora, written by the same text.
create table rollup_quarter (
  site_id varchar(36) not null,
  quarter timestamptz not null,
  before_views integer not null,
  before_visitors integer not null,
  before_visits integer not null,
  before_bounces integer not null,
  before_seconds numeric(16, 3) not null,
  hour_views integer not null,
  hour_visitors integer not null,
  hour_visits integer not null,
  hour_bounces integer not null,
  hour_seconds numeric(16, 3) not null,
  after_views integer not null,
  after_visitors integer not null,
  after_visits integer not null,
  after_bounces integer not null,
  after_seconds numeric(16, 3) not null
);

create table rollup_day (
  site_id varchar(36) not null,
  day date not null,
  dimension varchar(16) not null,
  value varchar(4096) not null,
  views integer not null,
  visits integer not null,
  visitors integer not null,
  seconds bigint not null
);

-- Days whose visits and roll-ups are behind their events. Marked in the transaction that brings the events.
create table dirty_day (
  site_id varchar(36) not null,
  day date not null,
  since timestamptz not null
);

-- One row for each batch that was loaded: the next one reads events with (tx, id) > (next_tx, after_id).
create table load_ledger (
  batch bigint not null,
  next_tx bigint not null,
  after_id varchar(36) not null,
  row_count integer not null,
  loaded_at timestamptz not null
);

-- The quarters of a day, 0 to 95.
create table quarter_of_day (
  n integer not null
);

insert into quarter_of_day (n)
select tens.n * 10 + ones.n
from (
  select 0 as n union all select 1 union all select 2 union all select 3 union all select 4
  union all select 5 union all select 6 union all select 7 union all select 8 union all select 9
) tens
cross join (
  select 0 as n union all select 1 union all select 2 union all select 3 union all select 4
  union all select 5 union all select 6 union all select 7 union all select 8 union all select 9
) ones
where tens.n * 10 + ones.n < 96;
