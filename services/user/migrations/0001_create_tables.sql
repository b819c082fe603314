-- Who somebody is. An erased person keeps a row without a word about them: their versions go on if they come back.
create table profile (
  user_id uuid not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version integer not null,
  email text,
  name text,
  constraint profile_pkey primary key (user_id),
  constraint profile_whole check ((email is null) = (name is null))
);

-- The picture of a person: the one that is shown, and the upload that is waited for. It has no version: no event tells of it.
create table avatar (
  user_id uuid not null,
  offered_until timestamptz not null,
  state text not null,
  refusal text,
  image_key text,
  upload_key text,
  constraint avatar_pkey primary key (user_id),
  constraint avatar_state check (state in ('none', 'waiting', 'ready', 'refused')),
  constraint avatar_refusal check ((state = 'refused') = (refusal is not null)),
  constraint avatar_upload check ((state = 'waiting') = (upload_key is not null))
);

-- Objects in the bucket that nobody needs any more; the worker takes them away.
create table unwanted_object (
  key text not null,
  due_at timestamptz not null,
  attempts integer not null default 0,
  constraint unwanted_object_pkey primary key (key)
);
create index unwanted_object_due on unwanted_object (due_at);

-- What an order is worth to whoever placed it. Points are missing until an event with the order's total has come.
create table loyalty_entry (
  order_id uuid not null,
  user_id uuid not null,
  at timestamptz not null,
  points bigint,
  version integer not null,
  state text not null,
  constraint loyalty_entry_pkey primary key (order_id),
  constraint loyalty_entry_points check (points >= 0),
  constraint loyalty_entry_state check (state in ('pending', 'granted', 'taken-back'))
);
create index loyalty_entry_user on loyalty_entry (user_id, order_id desc);
