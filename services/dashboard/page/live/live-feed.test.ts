import { expect, it } from 'vitest';
import type { LiveView } from '../api/types.ts';
import { backOffMs } from './back-off.ts';
import { createStreamReader } from './event-stream.ts';
import { nothingYet, withSnapshot, withViews } from './live-feed.ts';

const viewAt = (id: string, at: string): LiveView => ({
  id,
  at,
  path: '/',
  title: null,
  referrer: null,
  country: null,
  browser: null,
  os: null,
  device: null,
});

it('reads messages however the text is cut', () => {
  const text = ': beat\r\n\r\nevent: views\r\ndata: {"a":\r\ndata: 1}\r\n\r\nid: 7\ndata: two\n\nevent: lost\n\n';
  for (let size = 1; size <= text.length; size += 1) {
    const seen: unknown[] = [];
    const read = createStreamReader((message) => seen.push(message));
    for (let at = 0; at < text.length; at += size) read(text.slice(at, at + size));
    expect(seen).toEqual([
      { event: 'views', data: '{"a":\n1}' },
      { event: 'message', data: 'two' },
    ]);
  }
});

it('refuses a message without end', () => {
  const read = createStreamReader(() => undefined);
  expect(() => read('x'.repeat(4_000_001))).toThrow('too large');
});

it('a view that comes twice counts once, and the newest stands first', () => {
  const asOf = '2026-11-21T14:00:30.000Z';
  const snapshot = {
    visitorsNow: 1,
    viewsPerMinute: [{ minute: '2026-11-21T14:00:00Z', views: 1 }],
    latest: [viewAt('a', '2026-11-21T14:00:10.000Z')],
    asOf,
  };
  const first = withSnapshot(nothingYet, snapshot, Date.parse(asOf) - 5_000);
  const news = {
    visitorsNow: 2,
    views: [viewAt('b', '2026-11-21T14:00:20.000Z'), viewAt('a', '2026-11-21T14:00:10.000Z')],
    asOf,
  };
  const second = withViews(first, news, Date.parse(asOf) - 5_000);
  expect(second.perMinute).toEqual([{ minuteMs: Date.parse('2026-11-21T14:00:00Z'), views: 2 }]);
  expect(second.latest.map((view) => view.id)).toEqual(['b', 'a']);
  expect([second.visitorsNow, second.clockAheadMs]).toEqual([2, 5_000]);
});

it('waits longer after each failure, up to half a minute, and never all at once', () => {
  expect([backOffMs(1, 0), backOffMs(1, 1), backOffMs(3, 1), backOffMs(50, 1)]).toEqual([500, 1_000, 4_000, 30_000]);
});
