create temporary table event_staging (like event);
