-- Who is measured.
create table site (
  id uuid not null,
  created_at timestamptz not null,
  owner text not null,
  name text not null,
  domain text not null,
  time_zone text not null,
  constraint site_pkey primary key (id)
);
create index site_owner on site (owner, id);

-- What visitors did, one row each, once. Columns stand in the order that wastes no padding: 8-byte values before texts.
-- `tx` is the writing transaction: rows with tx in [watermark, xmin of a snapshot) are complete, so a loader loses none.
create table event (
  id uuid not null,
  site_id uuid not null,
  visitor bigint not null,
  at timestamptz not null,
  received_at timestamptz not null,
  tx xid8 not null default pg_current_xact_id(),
  seconds integer,
  clock_skew boolean not null default false,
  type text not null,
  path text not null,
  title text,
  referrer text,
  utm_source text,
  utm_medium text,
  utm_campaign text,
  country text,
  browser text,
  os text,
  device text,
  language text,
  screen text,
  name text,
  props jsonb,
  constraint event_pkey primary key (id),
  constraint event_type check (type in ('pageview', 'engagement', 'custom'))
);
create index event_site_at on event (site_id, at);
create index event_tx on event (tx);

-- A visitor's run of events with gaps of at most 30 minutes, within one UTC day.
create table visit (
  site_id uuid not null,
  visitor bigint not null,
  started_at timestamptz not null,
  ended_at timestamptz not null,
  views integer not null,
  customs integer not null,
  constraint visit_pkey primary key (site_id, visitor, started_at)
) with (fillfactor = 90);
create index visit_site_started on visit (site_id, started_at);

-- For each quarter of an hour of a UTC day: what happened before it, in the hour from it, and from it to the day's end.
create table rollup_quarter (
  site_id uuid not null,
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
  after_seconds numeric(16, 3) not null,
  constraint rollup_quarter_pkey primary key (site_id, quarter)
) with (fillfactor = 80);

-- For each UTC day and dimension: each value with its counts. No value is in an index: a path may be longer than an
-- index entry can be. One row for each value all the same: whoever writes a day holds that day's advisory lock.
create table rollup_day (
  site_id uuid not null,
  day date not null,
  views integer not null,
  visits integer not null,
  visitors integer not null,
  seconds bigint not null,
  dimension text not null,
  value text not null
) with (fillfactor = 90);
create index rollup_day_site_dimension_day on rollup_day (site_id, dimension, day);

-- Days whose roll-ups are behind their events. `version` grows with each batch; `since` is the age of the roll-ups.
create table dirty_day (
  site_id uuid not null,
  day date not null,
  version bigint not null default 1,
  since timestamptz not null default now(),
  constraint dirty_day_pkey primary key (site_id, day)
) with (fillfactor = 50);

-- The quarters of a day, 0 to 95; the warehouse has the same table.
create table quarter_of_day (
  n integer not null,
  constraint quarter_of_day_pkey primary key (n)
);
insert into quarter_of_day (n) select generate_series(0, 95);

-- Batches that no processor could apply.
create table dead_batch (
  id uuid not null,
  reason text not null,
  at timestamptz not null,
  constraint dead_batch_pkey primary key (id)
);

-- How far the warehouse is: every event with a smaller `tx` is there. At most one row.
create table load_watermark (
  single boolean not null default true,
  tx xid8 not null,
  loaded_at timestamptz not null,
  constraint load_watermark_pkey primary key (single),
  constraint load_watermark_single check (single)
);
