import { z } from 'zod';
import { defineEvent } from '../event.ts';

/** One thing that a visitor did, cleaned at the door: no address, no user agent, no query string. */
export const trackedEvent = z.object({
  id: z.uuid(),
  siteId: z.uuid(),
  /** 64 bits of HMAC-SHA-256 as 16 hex digits; lives for one UTC day. */
  visitor: z.string().regex(/^[0-9a-f]{16}$/),
  type: z.enum(['pageview', 'engagement', 'custom']),
  at: z.iso.datetime(),
  receivedAt: z.iso.datetime(),
  path: z.string().min(1).max(1024),
  title: z.string().max(256).optional(),
  /** Host only; `-` for the site's own pages, absent for direct visits. */
  referrer: z.string().max(253).optional(),
  utmSource: z.string().max(128).optional(),
  utmMedium: z.string().max(128).optional(),
  utmCampaign: z.string().max(128).optional(),
  /** ISO 3166-1 alpha-2. */
  country: z.string().length(2).optional(),
  browser: z.string().max(64).optional(),
  os: z.string().max(64).optional(),
  device: z.enum(['desktop', 'mobile', 'tablet', 'other']).optional(),
  language: z.string().max(35).optional(),
  screen: z.string().max(16).optional(),
  /** The name of a custom event. */
  name: z.string().max(128).optional(),
  props: z.record(z.string().max(64), z.union([z.string().max(256), z.number(), z.boolean(), z.null()])).optional(),
  /** Engaged time in seconds since the last report of this page: reports add up. */
  seconds: z.int().min(0).max(86_400).optional(),
  /** The client's time was wrong and was clamped to the time of receipt. */
  clockSkew: z.literal(true).optional(),
});
export type TrackedEvent = z.output<typeof trackedEvent>;

/** A batch of page views and other tracker events, committed together at the door. */
export const PageViewsCollected = defineEvent('PageViewsCollected', {
  publisher: 'analytics',
  version: 1,
  data: z.object({ events: z.array(trackedEvent).min(1).max(1000) }),
});
