drop table event_staging;
