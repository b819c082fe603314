-- Orders as the shop's figures count them: one row each, whatever order its events arrive in. Nothing says whose they are.
create table shop_order (
  order_id uuid not null,
  placed_at timestamptz not null,
  version bigint not null,
  amount_minor bigint not null,
  state text not null,
  currency text not null,
  constraint shop_order_pkey primary key (order_id),
  constraint shop_order_state check (state in ('placed', 'confirmed', 'rejected', 'cancelled')),
  constraint shop_order_amount check (amount_minor >= 0)
);
create index shop_order_placed on shop_order (placed_at);
