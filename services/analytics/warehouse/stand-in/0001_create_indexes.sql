-- Only for PostgreSQL standing in on a laptop: what Redshift's sort keys and zone maps do there. No index is unique.
create index event_id on event (id);
create index event_site_at on event (site_id, at);
create index visit_site_started on visit (site_id, started_at);
create index rollup_quarter_site_quarter on rollup_quarter (site_id, quarter);
create index rollup_day_site_dimension_day on rollup_day (site_id, dimension, day);
