import { OrderConfirmed } from '@millrace/catalog/events/order.ts';
import { as, outcome } from '@millrace/runtime/testing/callers.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { NoticeView } from './notice-view.ts';
import type { NotificationService, Person } from './testing/people.ts';
import { confirm, confirmedData, newPerson, openNotification, register } from './testing/people.ts';

let service: NotificationService;
const [ada, bob] = [newPerson(), newPerson()];
beforeAll(async () => {
  service = await openNotification();
  for (const person of [ada, bob]) await register(service, person);
});
afterAll(() => service.close());

const call = (path: string, person: Person | undefined = ada, method = 'GET') =>
  service.app.request(`/api/notifications${path}`, { method, headers: person ? as(person.userId) : {} });
async function page(path: string, person = ada): Promise<{ items: NoticeView[]; nextCursor: string | null }> {
  const response = await call(path, person);
  expect(response.status).toBe(200);
  return (await response.json()) as { items: NoticeView[]; nextCursor: string | null };
}

test('everybody sees their own notices, the newest first', async () => {
  const data = confirmedData(ada.userId);
  await service.deliver(OrderConfirmed, { aggregateId: data.orderId, data });
  const { items, nextCursor } = await page('');
  expect(nextCursor).toBeNull();
  expect(items.map(({ kind }) => kind)).toEqual(['order-confirmed', 'welcome']);
  expect(items[0]).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    kind: 'order-confirmed',
    subject: 'Your order is confirmed',
    text: expect.stringContaining('2 × Coffee mug: €25.00 in all.'),
    orderId: data.orderId,
    email: { state: 'queued' },
    createdAt: expect.stringMatching(/Z$/),
    readAt: null,
  });
  expect((await page('', bob)).items.map(({ kind }) => kind)).toEqual(['welcome']);
});

test('a list is turned page by page, and each notice stands on one page', async () => {
  const eve = newPerson();
  for (let count = 0; count < 7; count += 1) await confirm(service, eve);
  const whole = (await page('?limit=100', eve)).items.map(({ id }) => id);
  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const next: { items: NoticeView[]; nextCursor: string | null } = await page(
      `?limit=3${cursor && `&cursor=${cursor}`}`,
      eve,
    );
    seen.push(...next.items.map(({ id }) => id));
    cursor = next.nextCursor;
  }
  expect(whole).toHaveLength(7);
  expect(seen).toEqual(whole);
});

test("B25 a cursor that was tampered with, and somebody else's, is refused", async () => {
  const eve = newPerson();
  for (let count = 0; count < 3; count += 1) await confirm(service, eve);
  const { nextCursor } = await page('?limit=1', eve);
  expect(await outcome(await call(`?cursor=${nextCursor}`, ada))).toEqual({ status: 400, slug: 'bad-cursor' });
  expect(await outcome(await call('?cursor=AAAA', eve))).toEqual({ status: 400, slug: 'bad-cursor' });
  expect(await outcome(await call('?limit=0'))).toEqual({ status: 422, slug: 'range' });
  expect(await outcome(await call('?colour=red'))).toEqual({ status: 400, slug: 'unknown-parameter' });
});

describe('one notice', () => {
  const first = async (person: Person): Promise<NoticeView> => (await page('', person)).items[0] as NoticeView;

  test('is read, and marked as read once', async () => {
    const notice = await first(ada);
    expect(await outcome(await call(`/${notice.id}`))).toEqual({ status: 200, body: notice });
    expect((await call(`/${notice.id}/read`, ada, 'POST')).status).toBe(204);
    const { readAt } = await first(ada);
    expect(readAt).not.toBeNull();
    expect((await call(`/${notice.id.toUpperCase()}/read`, ada, 'POST')).status).toBe(204);
    expect((await first(ada)).readAt).toBe(readAt);
  });

  test("B30 another's is a missing one: the same answer, and it stays unread", async () => {
    const theirs = (await first(bob)).id;
    const missing = '018f0000-0000-7000-8000-000000000000';
    const answerOf = async (path: string, method = 'GET') => {
      const response = await call(path, ada, method);
      const { instance, ...rest } = (await response.json()) as Record<string, unknown>;
      expect(instance).toEqual(expect.any(String));
      return { status: response.status, rest };
    };
    for (const method of ['GET', 'POST']) {
      const path = method === 'POST' ? '/read' : '';
      const answer = await answerOf(`/${theirs}${path}`, method);
      expect(answer.status).toBe(404);
      expect(answer).toEqual(await answerOf(`/${missing}${path}`, method));
    }
    expect((await first(bob)).readAt).toBeNull();
  });

  test('its e-mail is not a notice of the page', async () => {
    const [row] =
      await service.sql`select id from notice where recipient = ${ada.userId} and channel = 'email' limit 1`;
    expect((await call(`/${row?.['id']}`)).status).toBe(404);
    expect((await call(`/${row?.['id']}/read`, ada, 'POST')).status).toBe(404);
  });

  test.each(['/not-an-id', '/..%2f..%2fetc', '/018f0000-0000-7000-8000-00000000000g'])(
    'B21 %s is not found',
    async (path) => {
      expect((await call(path)).status).toBe(404);
    },
  );
});

test.each(['', '/live', '/018f0000-0000-7000-8000-000000000000'])('B27 %s needs a token', async (path) => {
  const response = await service.app.request(`/api/notifications${path}`);
  expect(await outcome(response)).toEqual({ status: 401, slug: 'token-required' });
});

test.each(['waiting', 'queued', 'sent', 'none', 'refused', 'given-up'])(
  'a mail that is %s is shown in three words',
  async (state) => {
    const eve = newPerson();
    await confirm(service, eve);
    const finishedAt = ['waiting', 'queued'].includes(state) ? null : new Date();
    await service.sql`update mail set state = ${state}, finished_at = ${finishedAt} where recipient = ${eve.userId}`;
    const shown = { waiting: 'queued', queued: 'queued', sent: 'sent' }[state] ?? 'none';
    expect((await page('', eve)).items[0]?.email).toEqual({ state: shown });
  },
);

test('B45 a page of another origin may not watch', async () => {
  const headers = { ...as(ada.userId), origin: 'https://evil.example' };
  const response = await service.app.request('/api/notifications/live', { headers });
  expect(await outcome(response)).toEqual({ status: 403, slug: 'foreign-origin' });
});
