import { randomUUID } from 'node:crypto';
import { OrderConfirmed, OrderPlaced } from '@millrace/catalog/events/order.ts';
import { png } from '@millrace/runtime/testing/images.ts';
import { waitFor } from '@millrace/runtime/testing/wait.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startObjectRemoval } from './object-removal.ts';
import type { UserService } from './testing/user-service.ts';
import { offer, openUserService, profileOf, register } from './testing/user-service.ts';

const me = '/api/users/me';
let service: UserService;
beforeAll(async () => {
  service = await openUserService();
});
afterAll(() => service?.close());

async function told(id: string) {
  const events = (await service.committed()).filter(({ aggregateId }) => aggregateId === id);
  return events.map(({ type, aggregateVersion }) => `${type} ${aggregateVersion}`);
}

const erase = async (id: string) => (await service.ask(id, 'DELETE', me)).status;
const loyaltyOf = async (id: string) => (await service.ask(id, 'GET', `${me}/loyalty`)).json();

async function place(userId: string, contract: typeof OrderPlaced | typeof OrderConfirmed, orderId = randomUUID()) {
  const total = { amountMinor: 5_000, currency: 'EUR' as const };
  const version = contract === OrderPlaced ? 1 : 3;
  const data = { orderId, userId, items: [{ productId: randomUUID(), quantity: 1 }], total };
  await service.deliver(contract, { data, aggregateId: orderId, aggregateVersion: version });
  return orderId;
}

/** Every text of every table but the events that are still to be published. */
async function everythingKept(): Promise<string> {
  const parts = await Promise.all([
    service.sql`select * from profile`,
    service.sql`select * from avatar`,
    service.sql`select * from loyalty_entry`,
    service.sql`select * from unwanted_object`,
  ]);
  return JSON.stringify(parts);
}

test('an erased person leaves nothing but an id and a version', async () => {
  const id = await register(service, { email: 'grace.hopper@example.com', name: 'Grace Hopper' });
  const form = await offer(service, id);
  await service.bucket.post(form, png(3, 2));
  await service.tellUpload(form.key);
  await place(id, OrderPlaced);
  const waiting = await offer(service, id);
  expect(await erase(id)).toBe(204);
  expect((await service.ask(id, 'GET', me)).status).toBe(404);
  expect(await loyaltyOf(id)).toEqual({ points: 0, pendingPoints: 0, items: [], nextCursor: null });
  expect(await service.unwanted()).toEqual([form.key, waiting.key].sort());
  const removal = startObjectRemoval({ ...service.own, uploads: service.bucket.uploads, everyMs: 20 });
  try {
    await waitFor(async () => (await service.unwanted()).length === 0);
  } finally {
    await removal.close();
  }
  expect(await service.bucket.look(form.key)).toBe(404);
  const kept = await everythingKept();
  expect(kept).not.toMatch(/grace|hopper|user\/avatar/i);
  expect(await service.sql`select version, email, name from profile where user_id = ${id}`).toEqual([
    { version: 2, email: null, name: null },
  ]);
});

test('a second erasure changes and publishes nothing, also at the same moment', async () => {
  const id = await register(service);
  expect(await Promise.all([erase(id), erase(id), erase(id)])).toEqual([204, 204, 204]);
  expect(await erase(id)).toBe(204);
  expect(await told(id)).toEqual(['UserRegistered 1', 'UserErased 2']);
});

test('whoever comes back registers anew, and the versions go on', async () => {
  const id = await register(service, { email: 'old@example.com' });
  await erase(id);
  const back = await service.ask(id, 'PUT', me, { email: 'new@example.com', name: 'New' });
  expect([back.status, back.headers.get('etag')]).toEqual([201, '"3"']);
  expect((await service.ask(id, 'PUT', me, { email: 'new@example.com', name: 'Newer' })).status).toBe(200);
  expect(await told(id)).toEqual(['UserRegistered 1', 'UserErased 2', 'UserRegistered 3', 'UserChanged 4']);
  expect(await profileOf(service, id)).toMatchObject({ avatar: { state: 'none' }, avatarUrl: null, version: 4 });
});

test('If-Match of an erased profile fits no version', async () => {
  const id = await register(service);
  await erase(id);
  const body = { email: 'a@example.com', name: 'A' };
  expect((await service.ask(id, 'PUT', me, body, { 'if-match': '"2"' })).status).toBe(412);
});

test('somebody who never registered can be forgotten too, once', async () => {
  const id = randomUUID();
  await place(id, OrderPlaced);
  expect(await Promise.all([erase(id), erase(id)])).toEqual([204, 204]);
  expect(await told(id)).toEqual(['UserErased 1']);
  expect(await loyaltyOf(id)).toMatchObject({ pendingPoints: 0, items: [] });
});

test('what comes after an erasure is not kept: neither points nor pictures', async () => {
  const id = await register(service);
  const orderId = await place(id, OrderPlaced);
  const form = await offer(service, id);
  await erase(id);
  await place(id, OrderConfirmed, orderId);
  expect(await service.bucket.post(form, png(3, 2))).toBe(204);
  await service.tellUpload(form.key);
  expect(await service.sql`select 1 from loyalty_entry where user_id = ${id}`).toEqual([]);
  expect(await service.sql`select 1 from avatar where user_id = ${id}`).toEqual([]);
  expect(await service.unwanted()).toContain(form.key);
});

test('orders that come at the same moment as an erasure leave nothing behind', async () => {
  for (let round = 0; round < 10; round += 1) {
    const id = round % 2 === 0 ? await register(service) : randomUUID();
    await Promise.all([place(id, OrderPlaced), place(id, OrderConfirmed), erase(id), place(id, OrderPlaced)]);
    expect(await service.sql`select 1 from loyalty_entry where user_id = ${id}`).toEqual([]);
  }
});

test('a picture that is asked for at the same moment as an erasure leaves nothing behind', async () => {
  for (let round = 0; round < 10; round += 1) {
    const id = await register(service);
    await Promise.all([offer(service, id).catch(() => undefined), erase(id)]);
    expect(await service.sql`select 1 from avatar where user_id = ${id}`).toEqual([]);
  }
});
