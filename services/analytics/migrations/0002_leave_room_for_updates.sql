-- A day's roll-ups change together: with this room the new rows fit beside the old ones and no index entry is written.
alter table rollup_quarter set (fillfactor = 50);
alter table rollup_day set (fillfactor = 70);
