insert into load_ledger (batch, next_tx, after_id, row_count, loaded_at)
values ($1, $2, $3, $4, $5);
