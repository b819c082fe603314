-- Entries of old say nothing any more; the newest always stays.
delete from load_ledger
where loaded_at < cast($1 as timestamptz) and batch < cast($2 as bigint);
