-- Accents and forms do not matter to whoever searches: "Café" is found by "cafe".
create function fold(value text) returns text language sql immutable strict parallel safe
  return regexp_replace(normalize(value, nfkd), '[\u0300-\u036f]', '', 'g');

-- What is sold. Its version grows with each ProductChanged and with nothing else.
create table product (
  id uuid not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version bigint not null,
  price_minor bigint not null,
  is_active boolean not null,
  currency text not null,
  name text not null,
  description text not null,
  image_key text,
  -- A name counts more than a description, a word as it stands more than its stem; stems find "shoe" by "shoes".
  search tsvector generated always as (
    setweight(to_tsvector('english'::regconfig, fold(name)), 'A') ||
    setweight(to_tsvector('simple'::regconfig, fold(name)), 'A') ||
    setweight(to_tsvector('english'::regconfig, fold(description)), 'C') ||
    setweight(to_tsvector('simple'::regconfig, fold(description)), 'D')
  ) stored,
  constraint product_pkey primary key (id),
  constraint product_price check (price_minor >= 0)
);
create index product_search on product using gin (search);
create index product_active on product (id) where is_active;

-- How many pieces may still be held: narrow rows, changed with every order, so that they stay on their page.
create table stock (
  product_id uuid not null,
  available bigint not null,
  constraint stock_pkey primary key (product_id),
  constraint stock_available check (available >= 0)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Everything that ever happened to stock. Rows are added and never changed.
create table stock_movement (
  id bigint generated always as identity,
  at timestamptz not null,
  product_id uuid not null,
  -- Absent when nobody ordered anything: initial and restock.
  order_id uuid,
  quantity bigint not null,
  kind text not null,
  constraint stock_movement_pkey primary key (id),
  constraint stock_movement_kind check (kind in ('initial', 'restock', 'held', 'sold', 'returned', 'expired')),
  constraint stock_movement_quantity check (quantity > 0)
);
create index stock_movement_product on stock_movement (product_id);
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are never changed', tg_table_name using errcode = 'integrity_constraint_violation';
end $$;
create trigger stock_movement_is_append_only before update or delete or truncate on stock_movement
  for each statement execute function refuse_change();

-- One row for each order that was ever heard of. `version` is that of our own events about it, `order_version` the last one
-- seen of the order's: an order that ended before it was placed here leaves a row without lines that holds nothing.
create table reservation (
  order_id uuid not null,
  id uuid not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  expires_at timestamptz not null,
  order_version bigint not null,
  version integer not null,
  state text not null,
  constraint reservation_pkey primary key (order_id),
  constraint reservation_state check (state in ('held', 'sold', 'returned', 'expired', 'refused'))
) with (fillfactor = 80);
create index reservation_due on reservation (expires_at) where state = 'held';
create index reservation_ended on reservation (updated_at) where state in ('returned', 'expired', 'refused');

create table reservation_line (
  order_id uuid not null,
  product_id uuid not null,
  quantity bigint not null,
  constraint reservation_line_pkey primary key (order_id, product_id),
  constraint reservation_line_quantity check (quantity > 0)
);

-- In how many confirmed orders two products stood together; each pair stands in both directions.
create table co_purchase (
  product_id uuid not null,
  other_id uuid not null,
  orders integer not null,
  constraint co_purchase_pkey primary key (product_id, other_id)
);
create index co_purchase_best on co_purchase (product_id, orders desc);

create table popularity (
  product_id uuid not null,
  orders integer not null,
  constraint popularity_pkey primary key (product_id)
);
create index popularity_best on popularity (orders desc);

-- What a person bought: it is recommended last.
create table purchase (
  user_id uuid not null,
  product_id uuid not null,
  at timestamptz not null,
  constraint purchase_pkey primary key (user_id, product_id)
);
create index purchase_recent on purchase (user_id, at desc);

-- What a person saw first. Of somebody who was erased only the id stays for some weeks, so that late events find it.
create table profile (
  user_id uuid not null,
  updated_at timestamptz not null,
  version bigint not null,
  is_erased boolean not null,
  popular_ids uuid[] not null,
  new_ids uuid[] not null,
  constraint profile_pkey primary key (user_id)
);
create index profile_erased on profile (updated_at) where is_erased;

-- Uploads that were permitted, and what became of them.
create table image_upload (
  key text not null,
  product_id uuid not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  state text not null,
  reason text,
  constraint image_upload_pkey primary key (key),
  constraint image_upload_state check (state in ('waiting', 'ready', 'refused', 'replaced'))
);
create index image_upload_over on image_upload (updated_at) where state <> 'ready';
