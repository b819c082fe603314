import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { GetQueueUrlCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { DataOf, EventContract } from '@millrace/catalog/event.ts';
import { OrderConfirmed, OrderPlaced, PaymentRequested } from '@millrace/catalog/events/order.ts';
import { ProductChanged } from '@millrace/catalog/events/product.ts';
import { queueName } from '@millrace/catalog/names.ts';
import type postgres from 'postgres';
import { cartOf, pick } from './shop.ts';

/** The events that a service's worker gets in bar 11. */
export interface Diet {
  contract: EventContract;
  /** The nth event; what it needs in the database is there. */
  make(number: number): { aggregateId: string; aggregateVersion: number; data: object };
  /** How many of them the worker is done with. */
  countDone(sql: postgres.Sql): Promise<number>;
}

const personIds = Array.from({ length: 1_000 }, () => randomUUID());
const productIds = Array.from({ length: 500 }, () => randomUUID());

const inInbox =
  (consumer: string): Diet['countDone'] =>
  async (sql) =>
    (await sql<{ done: number }[]>`select count(*)::int as done from inbox where consumer = ${consumer}`)[0]?.done ?? 0;

const total = { amountMinor: 1_250, currency: 'EUR' as const };
const cart = () =>
  cartOf(productIds).map((line) => ({
    ...line,
    name: 'A thing of the bench',
    unitPrice: { amountMinor: 250, currency: 'EUR' as const },
  }));

function orderEvent<Contract extends EventContract>(
  contract: Contract,
  more: (reference: { orderId: string; userId: string }) => DataOf<Contract>,
): Pick<Diet, 'contract' | 'make'> {
  return {
    contract,
    make: () => {
      const reference = { orderId: randomUUID(), userId: pick(personIds) };
      return { aggregateId: reference.orderId, aggregateVersion: 1, data: more(reference) };
    },
  };
}

/** By service: what its worker is mostly there for. */
export const diets: Record<string, (sql: postgres.Sql) => Promise<Diet>> = {
  user: async () => ({
    ...orderEvent(OrderPlaced, (reference) => ({ ...reference, items: cart(), total })),
    countDone: inInbox(OrderPlaced.name),
  }),
  product: async (sql) => {
    await sql`
      insert into product (id, created_at, updated_at, version, price_minor, is_active, currency, name, description)
      select id, now(), now(), 1, 250, true, 'EUR', 'A thing of the bench', '' from unnest(${productIds}::uuid[]) as id`;
    await sql`insert into stock (product_id, available) select id, 1000000000 from unnest(${productIds}::uuid[]) as id`;
    return {
      ...orderEvent(OrderPlaced, (reference) => ({ ...reference, items: cart(), total })),
      countDone: inInbox(OrderPlaced.name),
    };
  },
  order: async () => ({
    contract: ProductChanged,
    make: (number) => {
      const productId = productIds[number % productIds.length] ?? '';
      const aggregateVersion = 1 + Math.floor(number / productIds.length);
      const price = { amountMinor: 100 + aggregateVersion, currency: 'EUR' as const };
      const data = { productId, name: 'A thing of the bench', price, isActive: true, available: 5 };
      return { aggregateId: productId, aggregateVersion, data };
    },
    countDone: inInbox(ProductChanged.name),
  }),
  payment: async () => ({
    ...orderEvent(PaymentRequested, (reference) => ({
      ...reference,
      attemptId: randomUUID(),
      paymentToken: 'tok_ok',
      total,
    })),
    countDone: async (sql) =>
      (await sql<{ done: number }[]>`select count(*)::int as done from payment where state = 'captured'`)[0]?.done ?? 0,
  }),
  notification: async (sql) => {
    await sql`
      insert into contact (user_id, version, changed_at, email, name)
      select id, 1, now(), id || '@example.com', 'Ada Archer' from unnest(${personIds}::uuid[]) as id`;
    return {
      ...orderEvent(OrderConfirmed, (reference) => ({ ...reference, items: cart(), total })),
      countDone: async (database) =>
        (await database<{ done: number }[]>`select count(*)::int as done from mail where state = 'sent'`)[0]?.done ?? 0,
    };
  },
};

const lanes = 4;
const perCall = 10;
/** So many wait in the queue at most: it is the worker that is looked at, not the queue. */
const maxWaiting = 5_000;
const stuckMs = 60_000;

interface Meal {
  service: string;
  diet: Diet;
  count: number;
  awsUrl: string;
  sql: postgres.Sql;
}

/** Puts so many events into the worker's queue, as the bus would, and waits until it is done with them. */
export async function feed({ service, diet, count, awsUrl, sql }: Meal): Promise<void> {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const sqs = new SQSClient({ region: 'us-east-1', endpoint: awsUrl, credentials });
  const name = queueName('dev', service, diet.contract.name);
  const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
  const progress = { sent: 0, done: 0, changedAt: performance.now() };
  const lane = async (): Promise<void> => {
    while (progress.sent < count) {
      if (progress.sent - progress.done > maxWaiting) {
        await wait(50);
        continue;
      }
      const from = progress.sent;
      progress.sent = Math.min(count, from + perCall);
      const numbers = Array.from({ length: progress.sent - from }, (_, place) => from + place);
      const Entries = numbers.map((number) => ({ Id: String(number), MessageBody: messageOf(diet, number) }));
      await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    }
  };
  const watch = async (): Promise<void> => {
    while (progress.done < count) {
      const done = await diet.countDone(sql);
      if (done > progress.done) Object.assign(progress, { done, changedAt: performance.now() });
      if (performance.now() - progress.changedAt > stuckMs) {
        throw new Error(`${service}: ${done} of ${count} events and no more for ${stuckMs / 1_000} s`);
      }
      await wait(200);
    }
  };
  await Promise.all([watch(), ...Array.from({ length: lanes }, lane)]);
  sqs.destroy();
}

/** The message that EventBridge makes of an event. */
function messageOf({ contract, make }: Diet, number: number): string {
  const { name, source, version } = contract;
  const time = new Date().toISOString();
  const trace = {
    correlationId: randomUUID(),
    traceparent: `00-${randomUUID().replaceAll('-', '')}-00f067aa0ba902b7-00`,
  };
  const detail = { id: randomUUID(), version, occurredAt: time, ...trace, ...make(number) };
  const place = { account: '000000000000', region: 'us-east-1', resources: [] };
  return JSON.stringify({ version: '0', id: randomUUID(), 'detail-type': name, source, time, ...place, detail });
}
