create table effect (event_id uuid primary key, number integer not null, at timestamptz not null default now());
