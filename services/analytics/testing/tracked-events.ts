import type { TrackedEvent } from '@millrace/catalog/events/analytics.ts';
import { formatUuid } from '@millrace/runtime/ports.ts';
import fc from 'fast-check';
import type { Visit } from '../visit.ts';
import { visitsOf } from '../visit.ts';

export const siteIds = ['01980000-0000-7000-8000-000000000001', '01980000-0000-7000-8000-000000000002'] as const;
export const dayStartMs = Date.UTC(2026, 0, 31);
const dayMs = 86_400_000;
const minuteMs = 60_000;

/** A page view of the first site, changed as the test needs it. */
export function trackedEvent(changes: Partial<TrackedEvent> & { id: string }): TrackedEvent {
  const at = changes.at ?? new Date(dayStartMs).toISOString();
  return {
    siteId: siteIds[0],
    visitor: '00000000000000aa',
    type: 'pageview',
    at,
    receivedAt: at,
    path: '/',
    ...changes,
  };
}

/** Times that meet the edges: quarters, gaps of exactly 30 minutes and a millisecond more, and midnights. */
const instant = fc.oneof(
  fc.integer({ min: 0, max: 2 * dayMs - 1 }),
  fc
    .tuple(fc.integer({ min: 0, max: 2 * 96 - 1 }), fc.constantFrom(0, 1, -1))
    .map(([n, more]) => Math.max(0, n * 15 * minuteMs + more)),
  fc.integer({ min: 0, max: 120 }).map((n) => 12 * 60 * minuteMs + n * minuteMs),
);
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 2 });

const oneEvent = fc
  .record({
    id: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
    site: fc.nat({ max: 1 }),
    visitor: fc.constantFrom('0000000000000001', '7fffffffffffffff', 'ffffffffffffffff', '8000000000000000'),
    type: fc.constantFrom('pageview', 'pageview', 'engagement', 'custom'),
    atMs: instant,
    path: fc.constantFrom('/', '/a', '/b'),
    referrer: maybe(fc.constantFrom('one.example', 'two.example')),
    country: maybe(fc.constantFrom('DE', 'US')),
    utmCampaign: maybe(fc.constant('spring')),
    name: fc.constantFrom('buy', 'share'),
    seconds: fc.nat({ max: 100 }),
  })
  .map(({ id, site, atMs, type, name, seconds, referrer, country, utmCampaign, ...rest }): TrackedEvent => {
    const at = new Date(dayStartMs + atMs).toISOString();
    return {
      ...rest,
      id: formatUuid(Buffer.from(id.toString(16).padStart(32, '0'), 'hex'), 7),
      siteId: siteIds[site] ?? siteIds[0],
      type: type as TrackedEvent['type'],
      at,
      receivedAt: at,
      ...(referrer && { referrer }),
      ...(country && { country }),
      ...(utmCampaign && { utmCampaign }),
      ...(type === 'custom' && { name }),
      ...(type === 'engagement' && { seconds }),
    };
  });

/** Events of two sites, a few visitors and two days, with ids of their own. */
export const trackedEvents = fc.uniqueArray(oneEvent, { minLength: 1, maxLength: 60, selector: ({ id }) => id });

/** The visits that these events make, by plain code. */
export function visitsOfTracked(events: readonly TrackedEvent[]): Visit[] {
  return visitsOf(
    events.map(({ siteId, visitor, type, at }) => ({ siteId, visitor, type, atMs: new Date(at).getTime() })),
  );
}
