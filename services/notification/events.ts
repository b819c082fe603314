import type { Outcome } from '@millrace/runtime/consumer-batch.ts';
import { applied } from '@millrace/runtime/consumer-batch.ts';
import type { Transaction } from '@millrace/runtime/database.ts';
import { messagingMetrics } from '@millrace/runtime/messaging-metrics.ts';
import type { Reaction } from '@millrace/runtime/subscriptions.ts';
import type { Workload } from '@millrace/runtime/workload.ts';
import type { UserEvent } from './contact.ts';
import { decideContact } from './contact.ts';
import { lockPeople, readContacts, removeNotices, saveContact } from './contact-store.ts';
import type { OrderEvent, Telling } from './notice.ts';
import { tellingOf } from './notice.ts';
import { addNotices } from './notice-store.ts';

/** What this service does with each of its subscriptions. */
export function reactions(own: Workload): Record<string, Reaction> {
  // Nobody notices a quarter of a second.
  const orders: Reaction = {
    gatherMs: 250,
    handle: (tx, events: OrderEvent[]) => tell(own, tx, events.map(tellingOf)),
  };
  return {
    UserRegistered: { handle: (tx, events: UserEvent[]) => followPeople(own, tx, events) },
    OrderConfirmed: orders,
    OrderRejected: orders,
    OrderCancelled: orders,
    OrderShipped: orders,
    OrderDelivered: orders,
  };
}

/** Tells people something, unless they asked to be forgotten. */
async function tell(own: Workload, tx: Transaction, tellings: readonly Telling[]): Promise<Outcome> {
  const people = tellings.map(({ recipient }) => recipient);
  await lockPeople(tx, people, 'shared');
  const contacts = await readContacts(tx, people);
  const addressed = tellings.flatMap((telling) => {
    const contact = contacts.get(telling.recipient);
    if (contact?.reach === null) return [];
    return [{ telling, isReachable: contact !== undefined }];
  });
  await addNotices(tx, addressed, { now: own.clock.now(), random: own.random });
  return applied;
}

/** Follows who people are, by the newest version that came, and welcomes the new ones. */
async function followPeople(own: Workload, tx: Transaction, events: readonly UserEvent[]): Promise<Outcome> {
  const people = events.map(({ data }) => data.userId.toLowerCase());
  await lockPeople(tx, people, 'alone');
  const contacts = await readContacts(tx, people);
  for (const event of events) {
    const userId = event.data.userId.toLowerCase();
    const decision = decideContact(contacts.get(userId), event);
    if (decision.outcome === 'stale') messagingMetrics(own.metrics).stale.inc({ consumer: 'UserRegistered' });
    const now = own.clock.now();
    if (decision.outcome === 'changed') {
      const { contact } = decision;
      contacts.set(userId, contact);
      await saveContact(tx, contact, now);
      if (!contact.reach) await removeNotices(tx, userId);
    }
    if (!decision.isNew) continue;
    const telling = { eventId: event.id, recipient: userId, orderId: null, at: event.occurredAt };
    const welcome: Telling = { ...telling, facts: { kind: 'welcome' } };
    await addNotices(tx, [{ telling: welcome, isReachable: true }], { now, random: own.random });
  }
  return applied;
}
