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

/** `gap`: an earlier version has not arrived yet. */
export type ContactDecision =
  | { outcome: 'stale' }
  | { outcome: 'gap' }
  | { outcome: 'changed'; contact: Contact; isNew: boolean };

/** What an event makes of what is known; nothing is known before version 1. */
export function decideContact(known: Pick<Contact, 'version'> | undefined, event: UserEvent): ContactDecision {
  const version = known?.version ?? 0;
  const { aggregateVersion, data } = event;
  if (aggregateVersion <= version) return { outcome: 'stale' };
  if (aggregateVersion > version + 1) return { outcome: 'gap' };
  const reach = event.type === 'UserErased' ? null : { email: event.data.email, name: event.data.name };
  const contact = { userId: data.userId.toLowerCase(), version: aggregateVersion, reach };
  return { outcome: 'changed', contact, isNew: event.type === 'UserRegistered' };
}
