-- How far the loads are.
select batch, next_tx, after_id
from load_ledger
order by batch desc
limit 1;
