-- Whom to write to. A person who was forgotten leaves the version behind, so that an older fact does not bring them back.
create table contact (
  user_id uuid not null,
  version bigint not null,
  changed_at timestamptz not null,
  erased_at timestamptz,
  email text,
  name text,
  constraint contact_pkey primary key (user_id),
  constraint contact_known check ((erased_at is null) = (email is not null) and (erased_at is null) = (name is not null))
);

-- What people are told: one row for each event, channel and recipient, never two.
create table notice (
  id uuid not null,
  event_id uuid not null,
  recipient uuid not null,
  order_id uuid,
  created_at timestamptz not null,
  read_at timestamptz,
  channel text not null,
  kind text not null,
  facts jsonb not null,
  constraint notice_pkey primary key (id),
  constraint notice_once unique (event_id, channel, recipient),
  constraint notice_channel check (channel in ('page', 'email')),
  constraint notice_kind check (kind in ('welcome', 'order-confirmed', 'order-rejected', 'order-cancelled', 'order-shipped', 'order-delivered'))
);
create index notice_recipient on notice (recipient, channel, created_at, id);
create index notice_created on notice (created_at);

-- The way of each notice by e-mail. `next_attempt_at` is the end of the lease while somebody sends it.
create table mail (
  notice_id uuid not null,
  recipient uuid not null,
  created_at timestamptz not null,
  next_attempt_at timestamptz not null,
  finished_at timestamptz,
  attempts integer not null,
  state text not null,
  fault text,
  constraint mail_pkey primary key (notice_id),
  constraint mail_notice foreign key (notice_id) references notice (id) on delete cascade,
  constraint mail_state check (state in ('waiting', 'queued', 'sent', 'none', 'refused', 'given-up')),
  constraint mail_finished check ((finished_at is null) = (state in ('waiting', 'queued')))
) with (fillfactor = 80);
create index mail_due on mail (next_attempt_at) where state = 'queued';
create index mail_waiting on mail (recipient) where state = 'waiting';
