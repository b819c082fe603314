-- A search compares it with thousands of names: folded once when a name is written, not at each of them.
alter table product add column name_key text generated always as (lower(fold(name))) stored;
