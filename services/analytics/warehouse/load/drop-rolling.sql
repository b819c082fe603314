drop table rolling_day;
