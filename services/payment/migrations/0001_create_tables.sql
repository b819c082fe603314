-- A payment is one attempt to have an order paid. The attempt's id is the idempotency key at the provider.
create table payment (
  id uuid not null constraint payment_pk primary key,
  attempt_id uuid not null constraint payment_attempt_unique unique,
  order_id uuid not null,
  user_id uuid not null,
  -- Absent where a refund was asked for before the attempt itself was known.
  token text,
  amount_minor bigint not null,
  currency text not null,
  state text not null,
  captured_minor bigint not null default 0,
  -- Absent until something was captured.
  captured_currency text,
  refunded_minor bigint not null default 0,
  is_refund_wanted boolean not null default false,
  -- The number of events that were published of it.
  version integer not null,
  -- Of the work that is due: calls that began, also those of a process that died.
  tries integer not null default 0,
  -- When the provider is to be called, or called again; absent where there is nothing to do. Also the end of a lease.
  due_at timestamptz,
  -- Both absent unless a person must look at it.
  attention_reason text,
  attention_since timestamptz,
  correlation_id text not null,
  traceparent text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint payment_state_check check (
    state in ('requested', 'charging', 'captured', 'declined', 'failed', 'parked', 'refunding', 'refunded', 'void')),
  constraint payment_amounts_check check (
    amount_minor >= 0 and captured_minor >= 0 and refunded_minor between 0 and captured_minor)
) with (fillfactor = 80);

create index payment_owner on payment (user_id, id);
create index payment_order on payment (order_id);
create index payment_due on payment (due_at) where due_at is not null;
create index payment_attention on payment (attention_since, id) where attention_since is not null;

-- Callbacks that were taken: a repeated one changes nothing. Rows leave by age, long after the provider gave up repeating.
create table webhook_receipt (
  id text not null constraint webhook_receipt_pk primary key,
  received_at timestamptz not null
);
create index webhook_receipt_received on webhook_receipt using brin (received_at);
