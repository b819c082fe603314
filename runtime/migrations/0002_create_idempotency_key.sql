-- Writes that a caller may repeat: what was asked under a key, and what it made. Written with the write itself.
create table idempotency_key (
  caller text not null,
  key text not null,
  request_hash bytea not null,
  result text not null,
  created_at timestamptz not null default now(),
  constraint idempotency_key_pkey primary key (caller, key)
);
create index idempotency_key_created on idempotency_key using brin (created_at);
