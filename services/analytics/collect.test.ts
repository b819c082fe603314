import { trackedEvent } from '@millrace/catalog/events/analytics.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clampTime, decideEvents, decideRequest } from './collect.ts';

const site = { id: '0190b5f0-0000-7000-8000-000000000001', domain: 'example.com' };
const receivedAt = new Date('2026-03-04T10:00:00.000Z');
const id = '0190b5f0-0000-4000-8000-00000000000a';
const otherId = '0190b5f0-0000-4000-8000-00000000000b';
const view = { id, type: 'pageview', url: 'https://example.com/about?utm_source=mail&token=secret#top' };
const decide = (events: unknown[]) => decideEvents(events, { site, receivedAt });
const reasonOf = (event: unknown) => decide([event]).dropped[0]?.reason;

describe('an event', () => {
  it('is stored without its query, and with its campaign', () => {
    expect(decide([{ ...view, title: ' Über uns ', language: 'de-AT', screen: '1280x720' }])).toEqual({
      accepted: [
        {
          id,
          siteId: site.id,
          type: 'pageview',
          at: '2026-03-04T10:00:00.000Z',
          receivedAt: '2026-03-04T10:00:00.000Z',
          path: '/about',
          utmSource: 'mail',
          title: 'Über uns',
          language: 'de-AT',
          screen: '1280x720',
        },
      ],
      dropped: [],
    });
  });
  it.each([
    ['the own host', 'https://example.com/', '-'],
    ['a host below the own one', 'https://blog.example.com/', '-'],
    ['another host, without www', 'https://www.search.example/q?query=private', 'search.example'],
    ['a host that only ends alike', 'https://badexample.com/', 'badexample.com'],
    ['rubbish', 'http://[', undefined],
    ['a script', 'javascript:alert(1)', undefined],
  ])('has of a referrer only the host: %s', (_, referrer, expected) => {
    expect(decide([{ ...view, referrer }]).accepted[0]?.referrer).toBe(expected);
  });
  it.each([
    ['B50 a script as its URL', { ...view, url: 'javascript:alert(1)' }, 'bad-url'],
    ['B50 half an address as its URL', { ...view, url: 'http://[' }, 'bad-url'],
    ['an empty URL', { ...view, url: '' }, 'bad-url'],
    ['a URL that is a number', { ...view, url: 7 }, 'bad-url'],
    ['a path that names another host', { ...view, url: '//elsewhere.example/x' }, 'bad-url'],
    ['B50 a URL of 5,000 characters', { ...view, url: `https://example.com/${'a'.repeat(5_000)}` }, 'too-long'],
    ['a path of 1,500 characters', { ...view, url: `https://example.com/${'a'.repeat(1_500)}` }, 'too-long'],
    ['B52 an address in the body', { ...view, ip: '192.0.2.1' }, 'unknown-field'],
    ['B52 a user agent in the body', { ...view, userAgent: 'x' }, 'unknown-field'],
    ['B11 a prototype', JSON.parse(`{"id":"${id}","type":"pageview","url":"/","__proto__":{"a":1}}`), 'unknown-field'],
    ['a title of 300 characters', { ...view, title: 'a'.repeat(300) }, 'too-long'],
    ['B16 NUL in its title', { ...view, title: 'a\0b' }, 'control-character'],
    ['B17 half a surrogate pair in its title', { ...view, title: 'a\ud800' }, 'invalid-unicode'],
    ['B18 a direction override in its title', { ...view, title: 'a\u202eb' }, 'control-character'],
    ['an unknown type', { ...view, type: 'purchase' }, 'bad-event'],
    ['no id', { type: 'pageview', url: '/' }, 'bad-event'],
    ['an id that is no UUID', { ...view, id: '12' }, 'bad-event'],
    ['a custom event without a name', { ...view, type: 'custom' }, 'bad-event'],
    ['a page view with a name', { ...view, name: 'signup' }, 'bad-event'],
    ['an engagement without seconds', { ...view, type: 'engagement' }, 'bad-event'],
    ['an engagement of two days', { ...view, type: 'engagement', seconds: 172_800 }, 'bad-event'],
    ['negative engagement', { ...view, type: 'engagement', seconds: -1 }, 'bad-event'],
    ['a property that is an object', { ...view, type: 'custom', name: 'a', props: { a: {} } }, 'bad-event'],
    ['a long property', { ...view, type: 'custom', name: 'a', props: { a: 'b'.repeat(300) } }, 'too-long'],
    ['NUL in a property', { ...view, type: 'custom', name: 'a', props: { a: '\0' } }, 'control-character'],
    ['a time that is none', { ...view, at: 'yesterday' }, 'bad-event'],
    ['null', null, 'bad-event'],
    ['a list', [], 'bad-event'],
    ['a text', 'pageview', 'bad-event'],
  ])('with %s is dropped', (_, event, reason) => {
    expect(reasonOf(event)).toBe(reason);
  });
  it('that is bad leaves its neighbours alone', () => {
    const decision = decide([view, { ...view, url: 'javascript:1' }, { ...view, id: otherId }]);
    expect(decision.accepted.map((event) => event.id)).toEqual([id, otherId]);
    expect(decision.dropped).toEqual([{ index: 1, reason: 'bad-url' }]);
  });
  it('that stands twice in a batch is stored once', () => {
    const decision = decide([view, { ...view, id: id.toUpperCase() }]);
    expect(decision.accepted).toHaveLength(1);
    expect(decision.dropped).toEqual([{ index: 1, reason: 'duplicate-in-batch' }]);
  });
  it('with marks of a browser that have not their form is stored without them', () => {
    const [event] = decide([{ ...view, language: 'C.UTF-8', screen: 'big' }]).accepted;
    expect(event).not.toHaveProperty('language');
    expect(event).not.toHaveProperty('screen');
  });
  it('with an e-mail address in a campaign mark is stored without the mark', () => {
    const [event] = decide([{ ...view, url: '/?utm_source=ada%40example.com&utm_campaign=may%00' }]).accepted;
    expect(event).toMatchObject({ path: '/' });
    expect(event).not.toHaveProperty('utmSource');
    expect(event).not.toHaveProperty('utmCampaign');
  });
});

describe('the time of an event', () => {
  it.each([
    ['now', undefined, '2026-03-04T10:00:00.000Z', false],
    ['a while ago', '2026-03-04T09:30:00Z', '2026-03-04T09:30:00.000Z', false],
    ['in another zone', '2026-03-04T11:59:00+02:00', '2026-03-04T09:59:00.000Z', false],
    ['a few seconds ahead', '2026-03-04T10:00:05Z', '2026-03-04T10:00:00.000Z', false],
    ['B51 of 1970', '1970-01-01T00:00:00Z', '2026-03-04T10:00:00.000Z', true],
    ['B51 of the year 9999', '9999-12-31T23:59:59Z', '2026-03-04T10:00:00.000Z', true],
    ['B51 a day ahead', '2026-03-05T10:00:00Z', '2026-03-04T10:00:00.000Z', true],
  ])('%s', (_, text, at, clockSkew) => {
    expect(clampTime(text, receivedAt)).toEqual({ at: new Date(at), clockSkew });
  });
  it('that is not RFC 3339 is none', () => {
    expect(clampTime('2026-03-04', receivedAt)).toBeUndefined();
    expect(clampTime('2026-13-04T00:00:00Z', receivedAt)).toBeUndefined();
  });
});

describe('a request', () => {
  const decideBy = (headers: Record<string, string>, options: { isBot?: boolean; allowLoopback?: boolean } = {}) =>
    decideRequest({
      headers: new Headers(headers),
      domain: 'example.com',
      isBot: options.isBot ?? false,
      allowLoopback: options.allowLoopback ?? false,
    });
  const dropped = (reason: string) => ({ outcome: 'dropped', reason });
  it.each([
    ['of the site itself', { origin: 'https://example.com' }],
    ['of a host below it', { origin: 'https://www.example.com:8443' }],
    ['without an origin', {}],
    ['that says it may be tracked', { dnt: '0' }],
  ])('%s is kept', (_, headers) => {
    expect(decideBy(headers)).toEqual({ outcome: 'kept' });
  });
  it.each([
    ['that asks not to be tracked', { dnt: '1' }, 'consent'],
    ['with global privacy control', { 'sec-gpc': '1' }, 'consent'],
    ['ahead of a visit', { 'sec-purpose': 'prefetch;prerender' }, 'prefetch'],
    ['ahead of a visit, as old browsers say it', { 'x-moz': 'prefetch' }, 'prefetch'],
    ['of another site', { origin: 'https://elsewhere.example' }, 'origin'],
    ['of a host that only ends alike', { origin: 'https://badexample.com' }, 'origin'],
    ['of nowhere', { origin: 'null' }, 'origin'],
    ['of this machine, in the cloud', { origin: 'http://localhost:3000' }, 'origin'],
  ])('%s is dropped', (_, headers, reason) => {
    expect(decideBy(headers)).toEqual(dropped(reason));
  });
  it('of a robot is dropped', () => {
    expect(decideBy({}, { isBot: true })).toEqual(dropped('bot'));
  });
  it('of this machine is kept on a laptop', () => {
    expect(decideBy({ origin: 'http://localhost:3000' }, { allowLoopback: true })).toEqual({ outcome: 'kept' });
    expect(decideBy({ origin: 'http://127.0.0.1' }, { allowLoopback: true })).toEqual({ outcome: 'kept' });
    expect(decideBy({ origin: 'http://elsewhere.example' }, { allowLoopback: true })).toEqual(dropped('origin'));
  });
});

describe('whatever comes in', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.webUrl({ withQueryParameters: true }));
  const loose = fc.record(
    {
      id: fc.oneof(fc.uuid(), text),
      type: fc.oneof(fc.constantFrom('pageview', 'engagement', 'custom'), text),
      url: fc.oneof(fc.webUrl({ withQueryParameters: true }), text),
      referrer: text,
      title: text,
      screen: text,
      language: text,
      name: text,
      props: fc.dictionary(text, fc.jsonValue()),
      seconds: fc.oneof(fc.nat(), fc.double()),
      at: fc.oneof(
        fc.date({ noInvalidDate: true }).map(String),
        fc.date({ noInvalidDate: true }).map((date) => date.toJSON()),
        text,
      ),
    },
    { requiredKeys: [] },
  );
  it('is either accepted in a form that the contract takes, or dropped once with its index', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(loose, fc.jsonValue()), { maxLength: 20 }), (events) => {
        const { accepted, dropped } = decide(events);
        expect(accepted.length + dropped.length).toBe(events.length);
        expect(new Set(dropped.map((drop) => drop.index)).size).toBe(dropped.length);
        for (const event of accepted) {
          trackedEvent.parse({ ...event, visitor: '0'.repeat(16) });
          const ageMs = receivedAt.getTime() - Date.parse(event.at);
          expect(ageMs).toBeGreaterThanOrEqual(0);
          expect(ageMs).toBeLessThanOrEqual(3_600_000);
          expect(JSON.stringify(event)).not.toContain('\\u0000');
          expect(event.path).not.toMatch(/[?#]/);
        }
      }),
      { numRuns: 500 },
    );
  });
  it('gives the same decision when it comes again', () => {
    fc.assert(
      fc.property(fc.array(loose, { maxLength: 10 }), (events) => {
        expect(decide(events)).toEqual(decide(structuredClone(events)));
      }),
    );
  });
});
