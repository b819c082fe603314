-- What the simulated payment company keeps for itself. It stands for another company's database: only the simulated provider
-- reads and writes it, over connections and in transactions of its own.
create schema provider;

create table provider.charge (
  key text not null constraint charge_pk primary key,
  order_id uuid,
  token text,
  amount_minor bigint not null,
  currency text not null,
  outcome text not null,
  reason text,
  created_at timestamptz not null,
  constraint charge_outcome_check check (outcome in ('succeeded', 'declined', 'blocked'))
);

-- One refund a charge, of all of it; its key is the charge's.
create table provider.refund (
  key text not null constraint refund_pk primary key constraint refund_charge_fk references provider.charge,
  amount_minor bigint not null,
  currency text not null,
  created_at timestamptz not null
);

-- Keys whose first call was failed on purpose (tok_error_once).
create table provider.refused_call (
  key text not null constraint refused_call_pk primary key,
  created_at timestamptz not null
);

-- Faults that somebody ordered. Absent: until it is deleted; for every key.
create table provider.fault (
  id bigint generated always as identity constraint fault_pk primary key,
  operation text not null,
  kind text not null,
  key text,
  until timestamptz,
  constraint fault_operation_check check (operation in ('charge', 'refund', 'find', 'block', 'webhook')),
  constraint fault_kind_check check (kind in ('error', 'lost-answer', 'wrong-amount', 'duplicate'))
);

-- Callbacks that wait to be taken.
create table provider.webhook (
  id uuid not null constraint webhook_pk primary key,
  key text not null,
  body text not null,
  tries integer not null default 0,
  due_at timestamptz not null,
  created_at timestamptz not null
);
create index webhook_due on provider.webhook (due_at);
