import { expect, it } from 'vitest';
import type { NoticePages } from './notice-list.ts';
import { noticesOf, unreadOf, withNotice, withRead } from './notice-list.ts';

const notice = (id: string, readAt: string | null = null) => ({
  id,
  kind: 'order-shipped',
  subject: id,
  text: id,
  orderId: null,
  createdAt: '2026-11-21T10:00:00Z',
  readAt,
});
const known = {
  pages: [
    { items: [notice('b'), notice('a', '2026-11-21T10:00:00Z')], nextCursor: 'more' },
    { items: [notice('z')], nextCursor: null },
  ],
  pageParams: [undefined, 'more'],
};
const ids = (list: NoticePages | undefined) => noticesOf(list).map(({ id }) => id);

it('what comes in stands before the others', () => {
  expect(ids(withNotice(known, notice('c')))).toEqual(['c', 'b', 'a', 'z']);
});

it('what comes in twice stands once', () => {
  const twice = withNotice(withNotice(known, notice('c')), { ...notice('c'), subject: 'new' });
  expect([ids(twice), noticesOf(twice)[0]?.subject]).toEqual([['c', 'b', 'a', 'z'], 'new']);
});

it('a list that was not asked for yet stays unasked', () => {
  expect(withNotice(undefined, notice('c'))).toBeUndefined();
});

it('one is read, or all are, and what was read before keeps its time', () => {
  const now = '2026-11-21T11:00:00Z';
  expect(unreadOf(withRead(known, now, 'b')).map(({ id }) => id)).toEqual(['z']);
  expect(noticesOf(withRead(known, now)).map(({ readAt }) => readAt)).toEqual([now, '2026-11-21T10:00:00Z', now]);
});
