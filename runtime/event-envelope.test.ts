import { ObjectCreated } from '@millrace/catalog/events/s3.ts';
import { sampleEvent } from '@millrace/catalog/sample.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readEvent } from './event-envelope.ts';
import { CounterRaised } from './testing/event-fixtures.ts';

const id = '01890000-0000-7000-8000-00000000000a';
const good = {
  version: '0',
  id: 'e1',
  'detail-type': 'CounterRaised',
  source: 'millrace.counting',
  account: '111122223333',
  time: '2026-03-01T10:00:00Z',
  region: 'us-east-1',
  resources: [],
  detail: {
    id,
    version: 1,
    occurredAt: '2026-03-01T10:00:00.000Z',
    aggregateId: 'a',
    aggregateVersion: 1,
    correlationId: 'c',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    data: { counter: 'a', by: 2 },
  },
};
const expected = { contracts: [CounterRaised], oldest: new Date('2026-02-01T00:00:00Z') };
const read = (body: unknown) => readEvent(typeof body === 'string' ? body : JSON.stringify(body), expected);
const withDetail = (changes: object) => ({ ...good, detail: { ...good.detail, ...changes } });
const refusal = (body: unknown) => {
  const answer = read(body);
  return 'refusal' in answer ? answer.refusal.reason : answer;
};

test('F21 a good event is read, and members that nobody knows are left out', () => {
  const body = { ...withDetail({ mood: 'new', data: { counter: 'a', by: 2, later: [1] } }), extra: true };
  const { id: eventId, version, aggregateId, aggregateVersion, correlationId, traceparent } = good.detail;
  expect(read(body)).toEqual({
    event: {
      id: eventId,
      type: 'CounterRaised',
      source: 'millrace.counting',
      version,
      aggregateId,
      aggregateVersion,
      correlationId,
      traceparent,
      occurredAt: new Date('2026-03-01T10:00:00.000Z'),
      data: { counter: 'a', by: 2 },
    },
  });
});

test.each([
  ['not JSON', '{"detail'],
  ['an empty text', ''],
  ['a number', '7'],
  ['null', 'null'],
  ['a list', '[]'],
  ['an envelope without detail', { ...good, detail: undefined }],
  ['an envelope whose detail is a text', { ...good, detail: '{}' }],
  ['an envelope without a type', { ...good, 'detail-type': undefined }],
  ['an envelope with an empty source', { ...good, source: '' }],
])('B56 %s is a bad envelope', (_name, body) => {
  expect(refusal(body)).toBe('bad-envelope');
});

test.each([
  ['no id', { id: undefined }, 'bad-event /detail/id'],
  ['an id that is no UUID', { id: 'x' }, 'bad-event /detail/id'],
  ['a version as text', { version: '1' }, 'bad-event /detail/version'],
  ['a version of 0', { version: 0 }, 'bad-event /detail/version'],
  ['no aggregate', { aggregateId: undefined }, 'bad-event /detail/aggregateId'],
  ['an aggregate as a number', { aggregateId: 7 }, 'bad-event /detail/aggregateId'],
  ['a negative aggregate version', { aggregateVersion: -1 }, 'bad-event /detail/aggregateVersion'],
  ['a time that is none', { occurredAt: 'yesterday' }, 'bad-event /detail/occurredAt'],
  ['no data', { data: undefined }, 'bad-event /detail/data'],
  ['data that break the contract', { data: { counter: 'a', by: 1.5 } }, 'bad-event /detail/data/by'],
])('B57 %s is refused with the reason', (_name, changes, reason) => {
  expect(refusal(withDetail(changes))).toBe(reason);
});

test('B59 F21 another major version is refused, whatever else it holds', () => {
  expect(refusal(withDetail({ version: 2 }))).toBe('unknown-version CounterRaised@2');
  expect(refusal(withDetail({ version: 2, data: undefined }))).toBe('bad-event /detail/data');
  expect(refusal(withDetail({ version: 2, data: {} }))).toBe('unknown-version CounterRaised@2');
});

test('F17 an event from long ago is refused', () => {
  expect(refusal(withDetail({ occurredAt: '2026-01-31T23:59:59Z' }))).toBe('too-old');
});

test('B59 F21 a type that this consumer does not know is an unknown version', () => {
  expect(refusal({ ...good, 'detail-type': 'CounterStolen' })).toBe('unknown-version CounterStolen');
});

test('B58 a source that may not say this is refused', () => {
  expect(refusal({ ...good, source: 'millrace.payment' })).toBe('source-mismatch millrace.payment');
});

test.each([
  ['id', '/detail/id'],
  ['version', '/detail/version'],
  ['aggregateId', '/detail/aggregateId'],
  ['occurredAt', '/detail/occurredAt'],
  ['counter', '/detail/data/counter'],
])('B57 a key %s that stands twice is refused', (key, pointer) => {
  const body = JSON.stringify(good);
  const marker =
    key === 'counter'
      ? '"counter":"a"'
      : key === 'id'
        ? `"id":"${id}"`
        : new RegExp(`"${key}":("[^"]*"|1),"`).exec(body.slice(body.indexOf('"detail":')))?.[0].slice(0, -2);
  const at = body.lastIndexOf(marker ?? '?');
  const twice = `${body.slice(0, at)}${marker},${body.slice(at)}`;
  expect(refusal(twice)).toBe(`bad-event ${pointer}`);
});

test.each(['rubbish', '', 7, null, { a: 1 }, 'x'.repeat(4096)])(
  'B62 a trace header of %j is no reason to refuse',
  (traceparent) => {
    expect(read(withDetail({ traceparent }))).toHaveProperty('event');
  },
);

test('B56 nesting as deep as a message allows is refused or read, never thrown', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  expect(refusal(deep)).toBe('bad-envelope');
  expect(
    read(JSON.stringify(withDetail({ mood: 'MARK' })).replace('"MARK"', deep.slice(95_000, 105_000))),
  ).toHaveProperty('event');
});

test('text with colons, quotes and backslashes is not taken for keys', () => {
  fc.assert(
    fc.property(fc.string(), fc.jsonValue(), (note, extra) => {
      const answer = read(withDetail({ extra, data: { counter: 'a', by: 1, note } }));
      expect('event' in answer && answer.event.data.note).toBe(note);
    }),
  );
});

test('no body makes it throw', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (body) => void read(body)));
});

describe('an event of AWS itself', () => {
  // The id of AWS's own example: the form of a UUID without its version.
  const uploaded = {
    ...good,
    id: '17793124-05d4-b198-2fde-7ededc63b103',
    'detail-type': 'Object Created',
    source: 'aws.s3',
    detail: {
      version: '0',
      bucket: { name: 'b' },
      object: { key: 'user/a.png', size: 5 },
      'request-id': 'N4N7GDK58NMKJ12R',
    },
  };
  const readBoth = (body: unknown) => {
    const contracts = [ObjectCreated, CounterRaised];
    const answer = readEvent(JSON.stringify(body), { ...expected, contracts });
    return 'refusal' in answer ? answer.refusal : answer.event;
  };
  const withKey = (key: string) => readBoth({ ...uploaded, detail: { ...uploaded.detail, object: { key } } });

  test('is read from the envelope of the bus, and its detail is the data', () => {
    expect(readBoth(uploaded)).toEqual({
      id: uploaded.id,
      type: 'ObjectCreated',
      source: 'aws.s3',
      version: 1,
      occurredAt: new Date('2026-03-01T10:00:00Z'),
      aggregateId: 'b/user/a.png',
      aggregateVersion: 1,
      correlationId: uploaded.id,
      traceparent: undefined,
      data: { bucket: { name: 'b' }, object: { key: 'user/a.png', size: 5 } },
    });
    expect(readBoth({ ...sampleEvent(ObjectCreated), time: good.time })).toMatchObject({ type: 'ObjectCreated' });
    expect(readBoth(good)).toMatchObject({ type: 'CounterRaised' });
  });

  test.each([
    ['no id', { id: undefined }, { code: 'bad-event', reason: 'bad-event /id' }],
    ['an id that is none', { id: 'x' }, { code: 'bad-event', reason: 'bad-event /id' }],
    ['no time', { time: undefined }, { code: 'bad-event', reason: 'bad-event /time' }],
    [
      'another source',
      { source: 'millrace.counting' },
      { code: 'source-mismatch', reason: 'source-mismatch millrace.counting', eventId: uploaded.id },
    ],
    ['a time long ago', { time: '2026-01-31T23:59:59Z' }, { code: 'too-old', reason: 'too-old', eventId: uploaded.id }],
    [
      'no key',
      { detail: { bucket: { name: 'b' }, object: {} } },
      { code: 'bad-event', reason: 'bad-event /detail/object/key', eventId: uploaded.id },
    ],
    ['no detail', { detail: undefined }, { code: 'bad-envelope', reason: 'bad-envelope' }],
    [
      'our name for its type',
      { 'detail-type': 'ObjectCreated' },
      { code: 'unknown-version', reason: 'unknown-version ObjectCreated' },
    ],
  ])('is refused with %s', (_name, changes, reason) => {
    expect(readBoth({ ...uploaded, ...changes })).toEqual(reason);
  });

  test('with a key that stands twice is refused', () => {
    const body = JSON.stringify(uploaded).replace('"key":', '"key":"user/b.png","key":');
    const answer = readEvent(body, { ...expected, contracts: [ObjectCreated] });
    expect(answer).toMatchObject({ refusal: { reason: 'bad-event /detail/object/key' } });
  });

  test('about an object with a long key has an aggregate of its own, of at most 128 letters', () => {
    const long = 'a'.repeat(1_000);
    const [exact, one, other] = ['a'.repeat(126), `${long}1`, `${long}2`].map((key) => withKey(key));
    expect(exact).toMatchObject({ aggregateId: `b/${'a'.repeat(126)}` });
    expect(one).toMatchObject({ aggregateId: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(one).not.toEqual(other);
  });
});
