import {
  OrderCancelled,
  OrderConfirmed,
  OrderDelivered,
  OrderRejected,
  OrderShipped,
} from '@millrace/catalog/events/order.ts';
import { UserRegistered } from '@millrace/catalog/events/user.ts';
import { queueName } from '@millrace/catalog/names.ts';
import { systemRandom } from '@millrace/runtime/ports.ts';
import { createMetrics } from '@millrace/runtime/telemetry.ts';
import { sendRaw } from '@millrace/runtime/testing/database-broker.ts';
import { incoming } from '@millrace/runtime/testing/service.ts';
import { waitFor } from '@millrace/runtime/testing/wait.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mailMetrics } from './mail-metrics.ts';
import type { NotificationService, Person, TestClock } from './testing/people.ts';
import {
  change,
  confirm,
  confirmedData,
  erase,
  newPerson,
  openNotification,
  register,
  testClock,
} from './testing/people.ts';
import { keepUp } from './upkeep.ts';

let service: NotificationService;
let clock: TestClock;
beforeAll(async () => {
  clock = testClock();
  service = await openNotification(clock);
});
afterAll(() => service.close());

const told = async ({ userId }: Person) =>
  (
    await service.sql`
      select channel, kind, event_id as "eventId", mail.state from notice left join mail on mail.notice_id = notice.id
      where notice.recipient = ${userId} order by notice.created_at, notice.kind, channel desc`
  ).map(({ channel, kind, eventId, state }) => ({ channel, kind, eventId, state }));
const contact = async ({ userId }: Person) => {
  const [row] = await service.sql`select version::int, email, name from contact where user_id = ${userId}`;
  return row && { ...row };
};
const queue = (subscription: string): string => queueName('dev', 'notification', subscription);

describe('people', () => {
  test('are welcomed once, on the page and by mail', async () => {
    const ada = newPerson();
    const eventId = await register(service, ada);
    await register(service, ada, eventId);
    expect(await told(ada)).toEqual([
      { channel: 'page', kind: 'welcome', eventId, state: null },
      { channel: 'email', kind: 'welcome', eventId, state: 'queued' },
    ]);
    expect(await contact(ada)).toEqual({ version: 1, email: ada.email, name: ada.name });
  });

  test('the same event twice at once is one welcome', async () => {
    const ada = newPerson();
    const { body } = incoming(UserRegistered, { aggregateId: ada.userId, data: ada });
    await Promise.all([1, 2, 3].map(() => service.deliverRaw(body, 'UserRegistered')));
    expect(await told(ada)).toHaveLength(2);
  });

  test('who change keep the newest address; an older version and the same one are skipped and counted', async () => {
    const ada = newPerson();
    await register(service, ada);
    await change(service, { ...ada, email: 'new@example.com' }, 2);
    await change(service, { ...ada, email: 'other@example.com' }, 2);
    expect(await contact(ada)).toEqual({ version: 2, email: 'new@example.com', name: ada.name });
    expect(await told(ada)).toHaveLength(2);
    expect(await service.own.metrics.registry.metrics()).toContain('consumer_stale_total{consumer="UserRegistered"} 1');
  });

  test('B60 a later version is taken at once; the earlier one is skipped as stale, but its welcome is not', async () => {
    const ada = newPerson();
    await change(service, { ...ada, name: 'Ada L.' }, 3);
    await register(service, ada);
    await change(service, { ...ada, name: 'Ada M.' }, 2);
    expect(await contact(ada)).toEqual({ version: 3, email: ada.email, name: 'Ada L.' });
    expect(await told(ada)).toHaveLength(2);
    expect(await service.dead('UserRegistered')).toEqual([]);
  });

  test('B60 who was forgotten meanwhile is not welcomed by a late registration', async () => {
    const ada = newPerson();
    await erase(service, ada, 2);
    await register(service, ada);
    expect(await contact(ada)).toEqual({ version: 2, email: null, name: null });
    expect(await told(ada)).toEqual([]);
  });

  test('who are erased leave nothing, and nothing comes back', async () => {
    const [ada, bob] = [newPerson(), newPerson()];
    for (const person of [ada, bob]) await register(service, person);
    for (const person of [ada, bob]) await confirm(service, person);
    await erase(service, ada, 2);
    expect(await told(ada)).toEqual([]);
    expect(await contact(ada)).toEqual({ version: 2, email: null, name: null });
    await confirm(service, ada);
    await register(service, ada);
    await change(service, ada, 2);
    expect(await told(ada)).toEqual([]);
    expect(JSON.stringify(await service.sql`select * from contact`)).not.toContain(ada.email);
    expect(await told(bob)).toHaveLength(4);
    const left = await service.sql`select 1 from mail where recipient = ${ada.userId}`;
    expect(left).toHaveLength(0);
  });

  test('who come back after that are welcomed anew', async () => {
    const ada = newPerson();
    await erase(service, ada, 1);
    const eventId = await service.deliver(UserRegistered, { aggregateId: ada.userId, aggregateVersion: 2, data: ada });
    await confirm(service, ada);
    expect((await told(ada)).map((notice) => notice.kind)).toEqual(
      expect.arrayContaining(['welcome', 'order-confirmed']),
    );
    expect((await told(ada))[0]).toEqual({ channel: 'page', kind: 'welcome', eventId, state: null });
  });
});

describe('orders', () => {
  test('each event of an order is told once on each channel', async () => {
    const ada = newPerson();
    await register(service, ada);
    const reference = { userId: ada.userId, orderId: systemRandom.uuid() };
    const deliveries = [
      () => service.deliver(OrderRejected, { data: { ...reference, reason: 'out-of-stock' } }),
      () => service.deliver(OrderCancelled, { data: { ...reference, reason: 'cancelled-by-customer' } }),
      () => service.deliver(OrderShipped, { data: reference }),
      () => service.deliver(OrderDelivered, { data: reference }),
    ];
    for (const deliver of deliveries) await deliver();
    const kinds = (await told(ada)).filter(({ channel }) => channel === 'email').map(({ kind }) => kind);
    expect(kinds).toEqual(['welcome', 'order-rejected', 'order-cancelled', 'order-shipped', 'order-delivered']);
  });

  test('I10 the same event again, and three times at once, is one notice for each channel', async () => {
    const ada = newPerson();
    await register(service, ada);
    const { id, body } = incoming(OrderConfirmed, { data: confirmedData(ada.userId) });
    await service.deliverRaw(body, 'OrderConfirmed');
    await Promise.all([1, 2, 3].map(() => service.deliverRaw(body, 'OrderConfirmed')));
    expect((await told(ada)).filter(({ eventId }) => eventId === id)).toHaveLength(2);
  });

  test('I10 holds without the inbox too: the database refuses a second one', async () => {
    const ada = newPerson();
    await register(service, ada);
    const id = await confirm(service, ada);
    await service.sql`delete from inbox where event_id = ${id}`;
    await confirm(service, ada, id);
    expect((await told(ada)).filter(({ eventId }) => eventId === id)).toHaveLength(2);
    const copy = service.sql`
      insert into notice (id, event_id, recipient, created_at, channel, kind, facts)
      select gen_random_uuid(), event_id, recipient, created_at, channel, kind, facts from notice where event_id = ${id}`;
    await expect(copy).rejects.toThrow('notice_once');
  });

  test('a later step that overtakes an earlier one is told all the same, in the order of what happened', async () => {
    const ada = newPerson();
    const reference = { userId: ada.userId, orderId: systemRandom.uuid() };
    await service.deliver(OrderShipped, { data: reference, occurredAt: new Date(Date.now() - 1_000) });
    const data = confirmedData(ada.userId, reference.orderId);
    await service.deliver(OrderConfirmed, { data, occurredAt: new Date(Date.now() - 2_000) });
    expect((await told(ada)).map(({ kind, channel }) => `${kind} ${channel}`)).toEqual([
      'order-confirmed page',
      'order-confirmed email',
      'order-shipped page',
      'order-shipped email',
    ]);
  });

  test('B57 what is no event of ours is dead and leaves nothing', async () => {
    const { body } = incoming(OrderConfirmed, { data: confirmedData(systemRandom.uuid()) });
    const broken = body.replace('"userId"', '"user"');
    await service.deliverRaw(broken, 'OrderConfirmed');
    expect((await service.dead('OrderConfirmed')).map(({ reason }) => reason)).toEqual([
      'bad-event /detail/data/userId',
    ]);
  });
});

describe('an order that overtakes the registration', () => {
  test('waits for the address, on the page at once and by mail when it comes', async () => {
    const ada = newPerson();
    const eventId = await confirm(service, ada);
    expect(await told(ada)).toEqual([
      { channel: 'page', kind: 'order-confirmed', eventId, state: null },
      { channel: 'email', kind: 'order-confirmed', eventId, state: 'waiting' },
    ]);
    await register(service, ada);
    expect((await told(ada)).filter(({ channel }) => channel === 'email').map(({ state }) => state)).toEqual([
      'queued',
      'queued',
    ]);
  });

  test('ends without a mail when none came within the hour', async () => {
    const counts = mailMetrics(createMetrics());
    const ada = newPerson();
    await confirm(service, ada);
    clock.move(59 * 60_000);
    await keepUp({ ...service.own, clock, metrics: counts });
    expect((await told(ada))[1]?.state).toBe('waiting');
    clock.move(2 * 60_000);
    await keepUp({ ...service.own, clock, metrics: counts });
    expect((await told(ada))[1]?.state).toBe('none');
    await register(service, ada);
    expect((await told(ada)).map(({ kind, state }) => `${kind} ${state}`)).toContain('order-confirmed none');
  });

  test('never misses the mail, whichever of the two commits first', async () => {
    const everybody = Array.from({ length: 20 }, () => newPerson());
    const bodies = everybody.flatMap((person) => [
      { to: 'UserRegistered', body: incoming(UserRegistered, { aggregateId: person.userId, data: person }).body },
      { to: 'OrderConfirmed', body: incoming(OrderConfirmed, { data: confirmedData(person.userId) }).body },
    ]);
    await Promise.all(bodies.map(({ to, body }) => sendRaw(service.sql, queue(to), body)));
    await waitFor(async () => (await service.sql`select 1 from test_message limit 1`).length === 0);
    for (const person of everybody) {
      const states = (await told(person)).filter(({ channel }) => channel === 'email').map(({ state }) => state);
      expect(states).toEqual(['queued', 'queued']);
    }
  });
});

test('more old notices than one round takes are more work at once', async () => {
  const old = new Date(Date.now() - 401 * 86_400_000);
  await service.sql`
    insert into notice (id, event_id, recipient, created_at, channel, kind, facts)
    select gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), ${old}::timestamptz, 'page', 'welcome', '{"kind":"welcome"}'
    from generate_series(1, 1001)`;
  const parts = { ...service.own, metrics: mailMetrics(createMetrics()) };
  expect([await keepUp(parts), await keepUp(parts)]).toEqual([true, false]);
});

test('notices that are older than 400 days go, with their mails', async () => {
  const ada = newPerson();
  await confirm(service, ada);
  await service.sql`update notice set created_at = now() - interval '420 days' where recipient = ${ada.userId}`;
  const bob = newPerson();
  await confirm(service, bob);
  const now = { now: () => new Date() };
  await keepUp({ ...service.own, clock: now, metrics: mailMetrics(createMetrics()) });
  expect(await told(ada)).toEqual([]);
  expect(await told(bob)).toHaveLength(2);
});
