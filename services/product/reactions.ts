import type { UserErased, UserRegistered } from '@millrace/catalog/events/user.ts';
import type { Handle } from '@millrace/runtime/consumer-batch.ts';
import { applied } from '@millrace/runtime/consumer-batch.ts';
import type { Transaction } from '@millrace/runtime/database.ts';
import type { EventEnvelope } from '@millrace/runtime/event-envelope.ts';
import { messagingMetrics } from '@millrace/runtime/messaging-metrics.ts';
import type { Reaction } from '@millrace/runtime/subscriptions.ts';
import type { Workload } from '@millrace/runtime/workload.ts';
import type { ProductConfig } from './config.ts';
import { imageReaction } from './image.ts';
import { addProfiles, eraseProfiles } from './recommendation-store.ts';
import type { StockKeeper } from './stock-keeping.ts';
import { stockKeeper } from './stock-keeping.ts';
import { openProductUploads } from './uploads.ts';

const minuteMs = 60_000;

/** Keeps stock for as long as the settings say. */
export function openStockKeeper(own: Workload<ProductConfig>): StockKeeper {
  const { clock, random, metrics, config } = own;
  return stockKeeper({ clock, random, metrics, holdMs: config.RESERVATION_MINUTES * minuteMs });
}

const gatherMs = 150;

/** What this service does with each event that it subscribes to. */
export function reactionsOf(
  own: Workload<ProductConfig>,
  parts: { keeper: StockKeeper; uploads?: ReturnType<typeof openProductUploads> },
): Record<string, Reaction> {
  const { keeper, uploads = openProductUploads(own) } = parts;
  return {
    OrderPlaced: { handle: keeper.hold },
    // The order goes on without these.
    OrderConfirmed: { handle: keeper.confirm, gatherMs },
    OrderRejected: { handle: keeper.end, gatherMs },
    OrderCancelled: { handle: keeper.end, gatherMs },
    UserRegistered: { handle: profileHandle(own, { consumer: 'UserRegistered', store: addProfiles }) },
    UserErased: { handle: profileHandle(own, { consumer: 'UserErased', store: eraseProfiles }) },
    ObjectCreated: imageReaction({ uploads, clock: own.clock, log: own.log }),
  };
}

interface ProfileWork {
  consumer: string;
  /** @returns for how many people this was news. */
  store(tx: Transaction, people: readonly { userId: string; version: number }[], now: Date): Promise<number>;
}

function profileHandle(own: Workload<ProductConfig>, { consumer, store }: ProfileWork) {
  const { stale } = messagingMetrics(own.metrics);
  const handle: Handle<typeof UserRegistered | typeof UserErased> = async (tx, events) => {
    // Of one person only the last event counts; a batch has them in their order.
    const last = new Map(events.map((event) => [event.data.userId.toLowerCase(), versionOf(event)]));
    const people = [...last].map(([userId, version]) => ({ userId, version }));
    stale.inc({ consumer }, events.length - (await store(tx, people, own.clock.now())));
    return applied;
  };
  return handle;
}

const versionOf = ({ aggregateVersion }: EventEnvelope): number => aggregateVersion;
