// Times are milliseconds since 1970. A message's body lies beside its state, which every receive rewrites.
const queuesAndBuses = `
create table queue (
  id integer primary key autoincrement, name text not null unique, attributes text not null, tags text not null,
  created_at integer not null, modified_at integer not null, purged_at integer not null default 0
) strict;
create table message (
  id integer primary key autoincrement, queue integer not null, visible_at integer not null, sent_at integer not null,
  receives integer not null default 0, first_received_at integer, moved_from integer, message_group text
) strict;
create index message_visible on message (queue, visible_at);
create table message_body (
  id integer primary key, message_id text not null, body text not null, body_md5 text not null,
  attributes text, system text
) strict;
create table deduplication (
  queue integer not null, key text not null, message_id text not null, sequence integer not null,
  expires_at integer not null, primary key (queue, key)
) strict, without rowid;
create table move_task (
  id integer primary key autoincrement, source integer not null, destination integer, per_second integer,
  status text not null, moved integer not null, to_move integer not null, started_at integer not null, last_id integer not null,
  failure text
) strict;
create table bus (
  name text primary key, description text, kms_key text, dead_letter text, policy text, tags text not null, created_at integer not null,
  modified_at integer not null
) strict, without rowid;
create table rule (
  bus text not null, name text not null, pattern text, schedule text, state text not null, description text, role text,
  tags text not null, primary key (bus, name)
) strict, without rowid;
create table target (
  bus text not null, rule text not null, id text not null, target text not null, primary key (bus, rule, id)
) strict, without rowid;
create table delivery (
  id integer primary key autoincrement, due_at integer not null, created_at integer not null, attempts integer not null,
  rule_arn text not null, target text not null, body text not null, event text not null
) strict;
create index delivery_due on delivery (due_at);
create table archive (
  name text primary key, bus text not null, pattern text, description text, retention_days integer not null, kms_key text,
  created_at integer not null, events integer not null default 0, bytes integer not null default 0
) strict, without rowid;
create table archived_event (
  id integer primary key autoincrement, archive text not null, at integer not null, event text not null
) strict;
create index archived_event_time on archived_event (archive, at, id);
create table replay (
  name text primary key, archive text not null, bus text not null, rules text, description text, from_at integer not null,
  to_at integer not null, state text not null, reason text, started_at integer not null, ended_at integer, last_at integer,
  last_id integer not null default 0
) strict, without rowid;
`;

const buckets = `
create table bucket (
  name text primary key, created_at integer not null, sends_events integer not null default 0, cors text,
  sequence integer not null
) strict, without rowid;
create table object (
  bucket text not null, key text not null, file text not null unique, size integer not null, etag text not null,
  crc32 text not null, modified_at integer not null, headers text not null, primary key (bucket, key)
) strict, without rowid;
`;

/** One step for each version of the file; a file of an earlier version takes the steps that it lacks. */
export const schemaSteps = [queuesAndBuses, buckets];
