import type { AuditedEvent } from './audit.ts';
import type { Audits, Databases, Violation } from './invariants.ts';

type Found = Promise<Violation[]>;

/** I5, I8 and I10: what each event did it did once, and what was added up equals a count of the events alone. */
export async function effectViolations(databases: Databases, audits: Audits): Found {
  const found = await Promise.all([
    repeatedEffects(databases, audits),
    loyaltyViolations(databases, audits),
    popularityViolations(databases, audits),
    shopViolations(databases, audits),
    noticeViolations(databases, audits),
  ]);
  return found.flat();
}

async function repeatedEffects({ product, user }: Databases, audits: Audits): Found {
  // Pieces whose time was over may be held a second time, for a payment that came late.
  const moved = await product<{ subject: string; kind: string; times: number }[]>`
    select order_id || ' ' || product_id as subject, kind, count(*)::int as times from stock_movement as movement
    where order_id is not null group by order_id, product_id, kind
    having count(*) > 1 + case when kind = 'held' then (
      select count(*) from stock_movement as expired
      where expired.order_id = movement.order_id and expired.product_id = movement.product_id and expired.kind = 'expired') else 0 end`;
  const granted = await user<{ subject: string; state: string; times: number }[]>`
    select order_id as subject, state, count(*)::int as times from audit.loyalty group by 1, 2 having count(*) > 1`;
  const once = ['PaymentProcessed', 'PaymentFailed', 'PaymentRefunded'];
  const told = [...Map.groupBy(audits.payment, ({ type, data }) => `${type} ${String(data['attemptId'])}`)]
    .filter(([key, events]) => once.some((type) => key.startsWith(type)) && events.length > 1)
    .map(([subject, events]) => ({ subject, kind: 'told', times: events.length }));
  return [
    ...moved.map(({ subject, kind, times }) => violation(subject, `${kind} ${times} times`)),
    ...granted.map(({ subject, state, times }) => violation(subject, `points ${state} ${times} times`)),
    ...told.map(({ subject, times }) => violation(subject, `published ${times} times`)),
  ];
}

const violation = (subject: string, what: string): Violation => ({ invariant: 'I5', subject, what });

const confirmedOf = (audits: Audits): Map<string, AuditedEvent> => {
  const confirmed = audits.order.filter(({ type }) => type === 'OrderConfirmed');
  return new Map(confirmed.map((event) => [event.aggregateId, event]));
};
const cancelledOf = (audits: Audits): Set<string> =>
  new Set(audits.order.filter(({ type }) => type === 'OrderCancelled').map(({ aggregateId }) => aggregateId));

/** I8: the points that each person has, counted from nothing but the events of their orders. */
async function loyaltyViolations({ user }: Databases, audits: Audits): Found {
  const cancelled = cancelledOf(audits);
  const expected = new Map<string, number>();
  for (const [id, { data }] of confirmedOf(audits)) {
    if (cancelled.has(id)) continue;
    const { userId, total } = data as { userId: string; total: { amountMinor: number } };
    expected.set(userId, (expected.get(userId) ?? 0) + Math.floor(total.amountMinor / 100));
  }
  const rows = await user<{ userId: string; granted: number; pending: number }[]>`
    select user_id as "userId", coalesce(sum(points) filter (where state = 'granted'), 0)::float8 as granted,
      count(*) filter (where state = 'pending')::int as pending
    from loyalty_entry group by user_id`;
  const has = new Map(rows.map(({ userId, granted }) => [userId, granted]));
  const wrong = [...new Set([...expected.keys(), ...has.keys()])].filter(
    (id) => (expected.get(id) ?? 0) !== (has.get(id) ?? 0),
  );
  return [
    ...wrong.map((subject) => ({
      invariant: 'I8' as const,
      subject,
      what: `${has.get(subject) ?? 0} points, ${expected.get(subject) ?? 0} by the events`,
    })),
    ...rows
      .filter(({ pending }) => pending > 0)
      .map(({ userId, pending }) => ({ invariant: 'I8' as const, subject: userId, what: `${pending} still pending` })),
  ];
}

/** I5: each confirmed order counted once for each of its products. */
async function popularityViolations({ product }: Databases, audits: Audits): Found {
  const expected = new Map<string, number>();
  for (const { data } of confirmedOf(audits).values()) {
    for (const { productId } of data['items'] as { productId: string }[])
      expected.set(productId, (expected.get(productId) ?? 0) + 1);
  }
  const rows = await product<{ id: string; orders: number }[]>`select product_id as id, orders from popularity`;
  const has = new Map(rows.map(({ id, orders }) => [id, orders]));
  return [...new Set([...expected.keys(), ...has.keys()])]
    .filter((id) => (expected.get(id) ?? 0) !== (has.get(id) ?? 0))
    .map((id) => violation(id, `bought in ${has.get(id) ?? 0} orders, ${expected.get(id) ?? 0} by the events`));
}

/** I5: the shop's figures know every order in its last state. */
async function shopViolations({ analytics }: Databases, audits: Audits): Found {
  const states: Record<string, string> = {
    OrderPlaced: 'placed',
    OrderConfirmed: 'confirmed',
    OrderRejected: 'rejected',
    OrderCancelled: 'cancelled',
  };
  const expected = new Map<string, { version: number; state: string }>();
  for (const { type, aggregateId, aggregateVersion } of audits.order) {
    const state = states[type];
    if (state && aggregateVersion > (expected.get(aggregateId)?.version ?? 0))
      expected.set(aggregateId, { version: aggregateVersion, state });
  }
  const rows = await analytics<{ id: string; state: string }[]>`select order_id as id, state from shop_order`;
  const has = new Map(rows.map(({ id, state }) => [id, state]));
  return [...expected]
    .filter(([id, { state }]) => has.get(id) !== state)
    .map(([id, { state }]) => violation(id, `counted as ${has.get(id) ?? 'nothing'}, it is ${state}`));
}

const noticed = ['OrderConfirmed', 'OrderRejected', 'OrderCancelled', 'OrderShipped', 'OrderDelivered'];

/** I10: a person hears once of each event on each channel; nobody hears nothing. */
async function noticeViolations({ notification }: Databases, audits: Audits): Found {
  const rows = await notification<{ eventId: string; channel: string; times: number }[]>`
    select event_id as "eventId", channel, count(*)::int as times from notice group by 1, 2`;
  const page = new Map(rows.filter(({ channel }) => channel === 'page').map((row) => [row.eventId, row.times]));
  const doubled = rows.filter(({ times }) => times > 1);
  const silent = audits.order.filter(({ type, id }) => noticed.includes(type) && !page.has(id));
  return [
    ...doubled.map(({ eventId, channel, times }) => ({
      invariant: 'I10' as const,
      subject: eventId,
      what: `${times} notices by ${channel}`,
    })),
    ...silent.map(({ id, type }) => ({ invariant: 'I10' as const, subject: id, what: `no notice of ${type}` })),
  ];
}
