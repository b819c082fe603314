-- The moves that an order may make: the same table as saga.ts, which a test compares.
create table legal_move (
  from_state text not null,
  move text not null,
  to_state text not null,
  event text,
  constraint legal_move_pkey primary key (from_state, move)
);
insert into legal_move (from_state, move, to_state, event) values
  ('new', 'place', 'pending', 'OrderPlaced'),
  ('pending', 'stock-reserved', 'reserved', 'PaymentRequested'),
  ('pending', 'stock-rejected', 'rejected', 'OrderRejected'),
  ('pending', 'cancel', 'cancelled', 'OrderCancelled'),
  ('pending', 'time-passed', 'rejected', 'OrderRejected'),
  ('reserved', 'payment-processed', 'paid', null),
  ('reserved', 'payment-failed', 'rejected', 'OrderRejected'),
  ('reserved', 'stock-rejected', 'withdrawing', 'RefundRequested'),
  ('reserved', 'cancel', 'withdrawing', 'RefundRequested'),
  ('reserved', 'time-passed', 'withdrawing', 'RefundRequested'),
  ('paid', 'time-passed', 'confirmed', 'OrderConfirmed'),
  ('confirmed', 'stock-rejected', 'withdrawing', 'RefundRequested'),
  ('confirmed', 'cancel', 'withdrawing', 'RefundRequested'),
  ('confirmed', 'time-passed', 'shipped', 'OrderShipped'),
  ('shipped', 'time-passed', 'delivered', 'OrderDelivered'),
  ('withdrawing', 'payment-refunded', 'cancelled', 'OrderCancelled'),
  ('withdrawing', 'payment-processed', 'withdrawing', null),
  ('withdrawing', 'payment-failed', 'withdrawing', null),
  ('withdrawing', 'time-passed', 'withdrawing', 'RefundRequested');

-- "order" is a word of SQL. The person and the address leave when the order has ended and the person asked for it.
create table shop_order (
  id uuid not null,
  user_id uuid,
  state text not null,
  -- The state that others still see while the order is withdrawn.
  withdrawn_from text,
  -- The move that led here; the trigger below writes it into the history, with the note.
  last_move text not null,
  note text,
  reason text,
  version integer not null,
  total_minor bigint not null,
  currency text not null,
  -- As it was sent: jsonb would order its members anew.
  address json,
  -- Forgotten as soon as the payment was asked for.
  payment_token text,
  attempt_id uuid,
  -- Did the provider say that it took the money?
  is_charged boolean not null default false,
  -- How often the refund was asked for again.
  repeats integer not null default 0,
  -- The person was forgotten while the order was on its way.
  is_erased boolean not null default false,
  correlation_id text not null,
  placed_at timestamptz not null,
  updated_at timestamptz not null,
  due_at timestamptz,
  constraint shop_order_pkey primary key (id),
  constraint shop_order_state check (
    state in ('pending', 'reserved', 'paid', 'confirmed', 'shipped', 'delivered', 'withdrawing', 'rejected', 'cancelled')),
  constraint shop_order_withdrawn check ((state = 'withdrawing') = (withdrawn_from is not null)),
  constraint shop_order_due check ((state in ('delivered', 'rejected', 'cancelled')) = (due_at is null)),
  constraint shop_order_token check (payment_token is null or state = 'pending')
) with (fillfactor = 80);
create index shop_order_user on shop_order (user_id, id);
create index shop_order_due_at on shop_order (due_at) where due_at is not null;

-- Written by the statement that writes the order, and by nothing else: a foreign key would look the order up again for each line.
create table order_line (
  order_id uuid not null,
  position integer not null,
  product_id uuid not null,
  quantity integer not null,
  unit_price_minor bigint not null,
  name text not null,
  constraint order_line_pkey primary key (order_id, position)
);

-- Every move of every order. Only the trigger writes it.
create table order_move (
  order_id uuid not null,
  version integer not null,
  at timestamptz not null,
  from_state text not null,
  move text not null,
  to_state text not null,
  event text,
  note text,
  constraint order_move_pkey primary key (order_id, version)
);

-- An order changes its state only by a legal move, one version at a time, and never without a line in its history.
create function record_order_move() returns trigger language plpgsql as $$
declare
  was_state text := 'new';
  was_version integer := 0;
begin
  if tg_op = 'UPDATE' then
    was_state := old.state;
    was_version := old.version;
  end if;
  insert into order_move (order_id, version, at, from_state, move, to_state, event, note)
  select new.id, new.version, new.updated_at, legal.from_state, legal.move, legal.to_state, legal.event, new.note
  from legal_move as legal
  where legal.from_state = was_state and legal.move = new.last_move and legal.to_state = new.state
    and new.version = was_version + 1;
  if not found then
    raise exception 'an order cannot go from % to % by %', was_state, new.state, new.last_move
      using errcode = 'check_violation', constraint = 'legal_move';
  end if;
  return null;
end $$;
create trigger shop_order_moved after insert or update of state, version, last_move, withdrawn_from on shop_order
  for each row execute function record_order_move();

-- What this service knows of products, from their events: enough to price a cart without asking anybody.
create table product_copy (
  product_id uuid not null,
  version bigint not null,
  name text not null,
  price_minor bigint not null,
  currency text not null,
  is_active boolean not null,
  -- Exact when it was written, an estimate later: product has the last word when it reserves.
  available integer not null,
  constraint product_copy_pkey primary key (product_id)
);
