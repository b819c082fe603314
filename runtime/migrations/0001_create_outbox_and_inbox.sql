-- Committed with the state that it announces; a relay publishes a row and deletes it. The table is short-lived rows only,
-- so it is vacuumed by count and not by share.
create table outbox (
  -- The order of insertion, in which the relay works. Never a cursor: rows become visible at commit, in any order.
  position bigint generated always as identity constraint outbox_pk primary key,
  id uuid not null constraint outbox_id_unique unique,
  type text not null,
  source text not null,
  version integer not null,
  aggregate_id text not null,
  aggregate_version bigint not null,
  correlation_id text not null,
  traceparent text not null,
  data jsonb not null,
  occurred_at timestamptz not null,
  created_at timestamptz not null default now(),
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  parked_reason text
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);

-- Is an earlier version of the same aggregate still here?
create index outbox_aggregate on outbox (aggregate_id, aggregate_version);
-- The few rows that failed: they hold back later versions of their aggregate.
create index outbox_failed on outbox (aggregate_id, aggregate_version) where attempts > 0;

-- The ids that each consumer has applied. Rows leave by age, long after no queue can deliver them again.
create table inbox (
  consumer text not null,
  event_id uuid not null,
  received_at timestamptz not null default now(),
  constraint inbox_pk primary key (consumer, event_id)
);
create index inbox_received on inbox using brin (received_at);
