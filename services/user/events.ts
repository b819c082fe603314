import type { DataOf } from '@millrace/catalog/event.ts';
import type { OrderPlaced } from '@millrace/catalog/events/order.ts';
import type { ObjectCreated } from '@millrace/catalog/events/s3.ts';
import type { Outcome } from '@millrace/runtime/consumer-batch.ts';
import { applied } from '@millrace/runtime/consumer-batch.ts';
import type { Transaction } from '@millrace/runtime/database.ts';
import type { EventEnvelope } from '@millrace/runtime/event-envelope.ts';
import { messagingMetrics } from '@millrace/runtime/messaging-metrics.ts';
import type { Reaction } from '@millrace/runtime/subscriptions.ts';
import { isCurrent, settleUpload } from './avatar.ts';
import { maxAvatarBytes } from './avatar-routes.ts';
import { addUnwanted, findAvatar, lockAvatar, saveAvatar } from './avatar-store.ts';
import type { LoyaltyEntry, LoyaltyState, OrderNews } from './loyalty.ts';
import { hear, pointsOf } from './loyalty.ts';
import { lockEntries, saveEntries } from './loyalty-store.ts';
import { holdErasures } from './profile-store.ts';
import type { UserParts } from './user-parts.ts';

type Parts = Pick<UserParts, 'metrics' | 'clock' | 'config' | 'uploads'>;

/** What this service does with each event that it subscribes to. */
export function userReactions(parts: Parts): Readonly<Record<string, Reaction>> {
  return {
    OrderPlaced: orderReaction(parts, 'OrderPlaced', 'pending'),
    OrderConfirmed: orderReaction(parts, 'OrderConfirmed', 'granted'),
    OrderCancelled: orderReaction(parts, 'OrderCancelled', 'taken-back'),
    OrderRejected: orderReaction(parts, 'OrderRejected', 'taken-back'),
    // One at a time: each asks the bucket within the handler's deadline.
    ObjectCreated: { batchSize: 1, handle: (tx, events: UploadEvent[]) => settleUploads(tx, events, parts) },
  };
}

/** Nobody waits for points. */
const gatherMs = 250;

type UploadEvent = EventEnvelope<typeof ObjectCreated>;
/** All four events of an order say whose it is, and two of them what it costs. */
type OrderData = Pick<DataOf<typeof OrderPlaced>, 'orderId' | 'userId'> & Partial<DataOf<typeof OrderPlaced>>;
type OrderEvent = Pick<EventEnvelope, 'id' | 'aggregateVersion' | 'occurredAt'> & { data: OrderData };

function orderReaction({ metrics }: Parts, consumer: string, state: LoyaltyState): Reaction {
  const { stale } = messagingMetrics(metrics);
  return {
    batchSize: 50,
    gatherMs,
    handle: async (tx, events: OrderEvent[]) => {
      const { late, dead } = await applyOrders(tx, events, state);
      stale.inc({ consumer }, late);
      return dead.length === 0 ? applied : { outcome: 'partly', dead };
    },
  };
}

async function applyOrders(
  tx: Transaction,
  events: readonly OrderEvent[],
  state: LoyaltyState,
): Promise<{ late: number; dead: { eventId: string; reason: string }[] }> {
  const erased = await holdErasures(
    tx,
    events.map(({ data }) => data.userId.toLowerCase()),
  );
  const all = events.map((event) => ({ eventId: event.id, news: newsOf(event, state) }));
  // Nothing is kept of somebody who wants to be forgotten.
  const heard = all.filter(({ news }) => !erased.has(news.userId));
  const entries = await lockEntries(
    tx,
    heard.map(({ news }) => news),
  );
  const changed = new Map<string, LoyaltyEntry>();
  const dead: { eventId: string; reason: string }[] = [];
  let late = 0;
  for (const { eventId, news } of heard) {
    const entry = changed.get(news.orderId) ?? entries.get(news.orderId);
    if (!entry) throw new Error('An entry was made and is not there.');
    const effect = hear(entry, news);
    if (effect.outcome === 'applied') changed.set(news.orderId, effect.entry);
    else if (effect.outcome === 'stale') late += 1;
    else dead.push({ eventId, reason: 'order-differs' });
  }
  await saveEntries(tx, [...changed.values()]);
  return { late, dead };
}

function newsOf({ data, aggregateVersion, occurredAt }: OrderEvent, state: LoyaltyState): OrderNews {
  return {
    orderId: data.orderId.toLowerCase(),
    userId: data.userId.toLowerCase(),
    state,
    points: data.total && pointsOf(data.total),
    version: aggregateVersion,
    at: occurredAt,
  };
}

async function settleUploads(tx: Transaction, events: readonly UploadEvent[], parts: Parts): Promise<Outcome> {
  for (const { data } of events) {
    const userId = parts.uploads.ownerOf(data.object.key);
    // Objects of others are their business.
    if (data.bucket.name !== parts.config.UPLOADS_BUCKET || userId === undefined) continue;
    await settleOne(tx, { userId, key: data.object.key }, parts);
  }
  return applied;
}

/** Looks at the object itself: what the event says of it, such as its size, may be of an earlier content. */
async function settleOne(tx: Transaction, object: { userId: string; key: string }, parts: Parts): Promise<void> {
  const { uploads, clock } = parts;
  const { userId, key } = object;
  if (!isCurrent(await findAvatar(tx, userId), key)) return addUnwanted(tx, [key], clock.now());
  const inspection = await uploads.inspectImage(key, { maxBytes: maxAvatarBytes });
  // Only now: the person's own requests do not wait for the bucket. Two looks at one object may end in any order: a refusal
  // is the last word about its key.
  const { avatar, unwanted } = settleUpload(await lockAvatar(tx, userId), { key, inspection });
  if (avatar) await saveAvatar(tx, avatar);
  await addUnwanted(tx, unwanted, clock.now());
}
