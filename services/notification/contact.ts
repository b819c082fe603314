import type { UserChanged, UserErased, UserRegistered } from '@millrace/catalog/events/user.ts';
import type { EventEnvelope } from '@millrace/runtime/event-envelope.ts';

export type UserEvent =
  | EventEnvelope<typeof UserRegistered>
  | EventEnvelope<typeof UserChanged>
  | EventEnvelope<typeof UserErased>;

/** Where a person is reached; `null` once they asked to be forgotten. */
export interface Contact {
  userId: string;
  version: number;
  reach: { email: string; name: string } | null;
}

export type ContactDecision =
  | { outcome: 'stale'; isNew: boolean }
  | { outcome: 'changed'; contact: Contact; isNew: boolean };

/**
 * What an event makes of what is known. Each says who the person is now, so the newest version wins and none is waited for.
 * `isNew`: a welcome is due, also when a later version was faster; not to somebody who was forgotten since.
 */
export function decideContact(
  known: Pick<Contact, 'version' | 'reach'> | undefined,
  event: UserEvent,
): ContactDecision {
  const { aggregateVersion, data } = event;
  const isRegistration = event.type === 'UserRegistered';
  if (known && aggregateVersion <= known.version) {
    return { outcome: 'stale', isNew: isRegistration && aggregateVersion < known.version && known.reach !== null };
  }
  const reach = event.type === 'UserErased' ? null : { email: event.data.email, name: event.data.name };
  const contact = { userId: data.userId.toLowerCase(), version: aggregateVersion, reach };
  return { outcome: 'changed', contact, isNew: isRegistration };
}
