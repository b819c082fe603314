import type { AuditedEvent, Sql } from './audit.ts';
import { readAudit } from './audit.ts';
import { effectViolations } from './invariants-effects.ts';
import { deliveryViolations } from './invariants-events.ts';

/** What is not as the platform promises, with the invariant's number in reliability terms and whom it concerns. */
export interface Violation {
  invariant: 'I1' | 'I2' | 'I3' | 'I4' | 'I5' | 'I6' | 'I8' | 'I10';
  subject: string;
  what: string;
}

/** The databases of the services, by their names. */
export type Databases = Record<'user' | 'product' | 'order' | 'payment' | 'notification' | 'analytics', Sql>;

/** What each service committed for the bus. */
export type Audits = Record<'user' | 'product' | 'order' | 'payment', AuditedEvent[]>;

/** Checks every invariant of orders, entity by entity, when everything has come to rest. Reads the databases and nothing else. */
export async function findViolations(databases: Databases): Promise<Violation[]> {
  const { user, product, order, payment } = databases;
  const [ofUser, ofProduct, ofOrder, ofPayment] = await Promise.all([user, product, order, payment].map(readAudit));
  const audits: Audits = {
    user: ofUser ?? [],
    product: ofProduct ?? [],
    order: ofOrder ?? [],
    payment: ofPayment ?? [],
  };
  const found = await Promise.all([
    moneyViolations(databases),
    stockViolations(databases),
    sagaViolations(databases, audits),
    deliveryViolations(databases, audits),
    effectViolations(databases, audits),
  ]);
  return found.flat();
}

interface OrderFacts {
  id: string;
  state: string;
  total: number;
}

const kept = ['confirmed', 'shipped', 'delivered'];
const ends = ['delivered', 'rejected', 'cancelled'];

const readOrders = (order: Sql): Promise<OrderFacts[]> =>
  order<OrderFacts[]>`select id, state, total_minor::float8 as total from shop_order`;

/** I1: what the payment company holds of an order is its total when the order stands, and nothing when it does not. */
async function moneyViolations({ order, payment }: Databases): Promise<Violation[]> {
  const held = await payment<{ orderId: string; captured: number; refunded: number }[]>`
    select payment.order_id as "orderId", coalesce(sum(charge.amount_minor), 0)::float8 as captured,
      coalesce(sum(refund.amount_minor), 0)::float8 as refunded
    from payment
    left join provider.charge on charge.key = payment.attempt_id::text and charge.outcome = 'succeeded'
    left join provider.refund on refund.key = charge.key
    group by payment.order_id`;
  const byOrder = new Map(held.map((row) => [row.orderId, row.captured - row.refunded]));
  const violations: Violation[] = [];
  for (const { id, state, total } of await readOrders(order)) {
    const [has, owes] = [byOrder.get(id) ?? 0, kept.includes(state) ? total : 0];
    if (has !== owes) violations.push({ invariant: 'I1', subject: id, what: `${state}: ${has} held, ${owes} due` });
    byOrder.delete(id);
  }
  for (const [id, has] of byOrder)
    if (has !== 0)
      violations.push({ invariant: 'I1', subject: id, what: `${has} held for an order that is not there` });
  const strays = await payment<{ key: string }[]>`
    select key from provider.charge where outcome = 'succeeded' and key not in (select attempt_id::text from payment)`;
  return [
    ...violations,
    ...strays.map(({ key }) => ({ invariant: 'I1' as const, subject: key, what: 'a charge that no payment knows' })),
  ];
}

/** I2: a product's pieces add up, and nothing is held for an order that has ended. */
async function stockViolations({ product, order }: Databases): Promise<Violation[]> {
  const sums = await product<{ id: string; available: number; expected: number }[]>`
    select stock.product_id as id, stock.available::float8 as available, coalesce(sum(case
      when kind in ('initial', 'restock', 'returned', 'expired') then quantity
      when kind = 'held' then -quantity else 0 end), 0)::float8 as expected
    from stock left join stock_movement as movement on movement.product_id = stock.product_id
    group by stock.product_id, stock.available`;
  const uneven = sums
    .filter(({ available, expected }) => available !== expected || available < 0)
    .map(({ id, available, expected }) => ({
      invariant: 'I2' as const,
      subject: id,
      what: `${available} pieces, and ${expected} by its movements`,
    }));
  const reservations = await product<{ orderId: string; state: string }[]>`
    select order_id as "orderId", state from reservation`;
  const states = new Map((await readOrders(order)).map(({ id, state }) => [id, state]));
  const outliving = reservations
    .filter(({ orderId, state }) => {
      const isKept = kept.includes(states.get(orderId) ?? '');
      return state === 'held' || (state === 'sold') !== isKept;
    })
    .map(({ orderId, state }) => ({
      invariant: 'I2' as const,
      subject: orderId,
      what: `the reservation is ${state} and the order ${states.get(orderId) ?? 'not there'}`,
    }));
  return [...uneven, ...outliving];
}

/** I6 and the order's part of I3: every order has ended, by moves that belong together, each with exactly its event. */
async function sagaViolations({ order }: Databases, audits: Audits): Promise<Violation[]> {
  const moves = await order<{ id: string; version: number; to: string; event: string | null }[]>`
    select order_id as id, version, to_state as to, event from order_move order by order_id, version`;
  const violations: Violation[] = [];
  const byOrder = Map.groupBy(moves, ({ id }) => id);
  const events = Map.groupBy(audits.order, ({ aggregateId }) => aggregateId);
  for (const { id, state } of await readOrders(order)) {
    const own = byOrder.get(id) ?? [];
    const saga = (what: string) => violations.push({ invariant: 'I6', subject: id, what });
    if (!ends.includes(state)) saga(`still ${state}`);
    if (own.slice(0, -1).some(({ to }) => ends.includes(to))) saga('it went on after its end');
    if (own.some(({ version }, place) => version !== place + 1)) saga('a move is missing in its history');
    const first = (event: string) => own.findIndex((move) => move.event === event);
    if (first('RefundRequested') >= 0 && first('PaymentRequested') < 0) saga('a refund without a payment');
    const told = (events.get(id) ?? []).map(({ type, aggregateVersion }) => `${type}@${aggregateVersion}`).sort();
    const due = own.flatMap(({ event, version }) => (event ? [`${event}@${version}`] : [])).sort();
    if (told.join() !== due.join())
      violations.push({ invariant: 'I3', subject: id, what: `its moves say ${due.join()}, its events ${told.join()}` });
    events.delete(id);
  }
  for (const id of events.keys()) violations.push({ invariant: 'I3', subject: id, what: 'events of no order' });
  return violations;
}
