-- An event never changes, so the first branch only says so; Redshift wants both branches.
merge into event
using event_staging as staged
on event.id = staged.id
when matched then update set received_at = staged.received_at
when not matched then insert (id, site_id, visitor, at, received_at, seconds, clock_skew, "type", path, title, referrer, utm_source, utm_medium, utm_campaign, country, browser, os, device, "language", screen, name, props)
values (staged.id, staged.site_id, staged.visitor, staged.at, staged.received_at, staged.seconds, staged.clock_skew, staged.type, staged.path, staged.title, staged.referrer, staged.utm_source, staged.utm_medium, staged.utm_campaign, staged.country, staged.browser, staged.os, staged.device, staged.language, staged.screen, staged.name, staged.props);
