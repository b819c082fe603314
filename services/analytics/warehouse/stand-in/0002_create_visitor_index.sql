-- Finds the other visits of a visitor. Not unique either.
create index visit_site_visitor on visit (site_id, visitor, started_at);
