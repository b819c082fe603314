import { busOf, patternOf, takes } from '@millrace/catalog/event-pattern.ts';
import { fittingSample } from '@millrace/catalog/fitting-sample.ts';
import { sampleEvent } from '@millrace/catalog/sample.ts';
import type { ContentFilter } from '@millrace/catalog/service.ts';
import { eventsOf } from '@millrace/catalog/service.ts';
import { services } from '@millrace/catalog/services.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern } from './pattern.ts';

const subscribed = services.flatMap((service) =>
  service.consumes.map((subscription) => ({
    name: `${service.name} on ${subscription.event.name}`,
    bus: busOf(subscription, 'dev'),
    events: eventsOf(subscription),
    pattern: patternOf(subscription, { environment: 'dev', service }),
  })),
);
const contracts = [
  ...new Set([...services.flatMap(({ publishes }) => publishes), ...subscribed.flatMap((s) => s.events)]),
];

/** What AWS's own matcher makes of a pattern and an event. */
const takesAtAws = (pattern: unknown, event: unknown): boolean =>
  compilePattern(JSON.stringify(pattern)).matches(JSON.stringify(event));

describe('the rules of the catalog, by the matcher that answers as AWS does', () => {
  it.each(subscribed)('$name takes fitting samples of its own events and of no other', ({ events, pattern }) => {
    const taken = contracts.filter((contract) => takesAtAws(pattern, fittingSample(contract, undefined)));
    for (const contract of taken) expect(events).toContain(contract);
    for (const contract of events) expect(takesAtAws(pattern, fittingSample(contract, pattern.detail))).toBe(true);
  });

  it('lie on the own bus, but for those of what AWS itself tells', () => {
    expect(subscribed.length).toBeGreaterThanOrEqual(25);
    const foreign = subscribed.filter(({ bus }) => bus === 'default').map(({ name }) => name);
    expect(foreign).toEqual(['user on ObjectCreated', 'product on ObjectCreated']);
  });

  it('leave out what a filter leaves out: an order for nothing, an upload to another place', () => {
    const rule = (name: string) => subscribed.find((each) => each.name === name);
    const [points, uploads] = [rule('user on OrderPlaced'), rule('user on ObjectCreated')];
    if (!points || !uploads) throw new Error('the catalog has lost a subscription');
    const order = (amountMinor: number) => {
      const sample = sampleEvent(points.events[0] as never) as { detail: { data: object } };
      return { ...sample, detail: { ...sample.detail, data: { ...sample.detail.data, total: { amountMinor } } } };
    };
    expect([0, 1].map((amount) => takesAtAws(points.pattern, order(amount)))).toEqual([false, true]);
    const upload = (bucket: string, key: string) => ({
      ...sampleEvent(uploads.events[0] as never),
      detail: { bucket: { name: bucket }, object: { key } },
    });
    const own = 'dev-millrace-uploads-111122223333';
    expect(takesAtAws(uploads.pattern, upload(own, 'user/a.png'))).toBe(true);
    expect(takesAtAws(uploads.pattern, upload(own, 'product/a.png'))).toBe(false);
    expect(takesAtAws(uploads.pattern, upload('dev-millrace-products-111122223333', 'user/a.png'))).toBe(false);
  });

  it('take the next major version too, so that a consumer parks it in sight', () => {
    for (const { events, pattern } of subscribed) {
      const [event] = events;
      const sample = event && fittingSample(event, pattern.detail);
      if (!sample || event.isForeign) continue;
      expect(takesAtAws(pattern, { ...sample, detail: { ...(sample['detail'] as object), version: 2 } })).toBe(true);
    }
  });

  it.each([
    ['nothing', {}],
    ['another source', { source: 'millrace.nobody' }],
    ['no source', { source: undefined }],
    ['a source in other letters', { source: 'MILLRACE.ORDER' }],
    ['a number for a source', { source: 7 }],
    ['no name', { 'detail-type': null }],
    ['no detail', { detail: undefined }],
    ['more members', { extra: true }],
  ])('agree with the shorter matcher of the catalog on events with %s changed', (_, change) => {
    for (const { pattern } of subscribed) {
      for (const other of contracts) {
        const sample = { ...sampleEvent(other), ...change };
        expect(takes(pattern, sample)).toBe(takesAtAws(pattern, sample));
      }
    }
  });
});

/** Few values, so that patterns and events meet. */
const word = fc.constantFrom('a', 'ab', 'b', '1', '');
const number = fc.constantFrom(-1, 0, 0.5, 1, 2, 1e9, 5_000_000_001);
const scalar = fc.oneof(word, number, fc.boolean(), fc.constant(null));
const list = <Value>(value: fc.Arbitrary<Value>) => fc.array(value, { minLength: 1, maxLength: 3 });
const alternative = fc.oneof(
  scalar,
  fc.record({ prefix: fc.constantFrom('a', 'ab', 'b') }),
  fc.record({ exists: fc.boolean() }),
  fc.record({ 'anything-but': fc.oneof(word, number, list(word), list(number)) }),
  fc.record({
    numeric: fc.oneof(
      fc.tuple(fc.constantFrom('=', '<', '<=', '>', '>='), number),
      fc
        .tuple(fc.constantFrom('>', '>='), number, fc.constantFrom('<', '<='), number)
        .filter(([, least, , most]) => least < most),
    ),
  }),
);
const alternatives = list(alternative);
const filter: fc.Arbitrary<ContentFilter> = fc
  .record({ kind: alternatives, size: alternatives, inner: fc.record({ key: alternatives }) }, { requiredKeys: [] })
  .filter((made) => Object.keys(made).length > 0);
const detail = fc.record(
  {
    kind: scalar,
    size: scalar,
    inner: fc.oneof(scalar, fc.record({ key: scalar }, { requiredKeys: [] })),
    other: word,
  },
  { requiredKeys: [] },
);

describe('the shorter matcher of the catalog', () => {
  it('answers as AWS does for every operator that a filter may use', () => {
    const count = { both: 0, neither: 0 };
    fc.assert(
      fc.property(filter, detail, (wanted, found) => {
        const pattern = { source: ['s'], 'detail-type': ['t'], detail: wanted };
        const event = { source: 's', 'detail-type': 't', detail: found };
        const answer = takesAtAws(pattern, event);
        count[answer ? 'both' : 'neither'] += 1;
        expect(takes(pattern, event), JSON.stringify({ pattern, event })).toBe(answer);
      }),
      { numRuns: 3_000 },
    );
    expect(Math.min(count.both, count.neither)).toBeGreaterThan(100);
  });
});
