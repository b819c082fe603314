import { UserChanged, UserErased, UserRegistered } from '@millrace/catalog/events/user.ts';
import type { NewEvent } from '@millrace/runtime/outbox.ts';
import { makeEvent } from '@millrace/runtime/outbox.ts';
import type { Clock, Random } from '@millrace/runtime/ports.ts';
import { Problem } from '@millrace/runtime/problem.ts';

/** What a person says about themselves. */
export interface Person {
  email: string;
  name: string;
}

/** A profile as it is kept. `person` is missing once the person is erased. */
export interface Profile {
  userId: string;
  version: number;
  createdAt: Date;
  updatedAt: Date;
  person: Person | undefined;
}

export type Registered = Profile & { person: Person };

export const isRegistered = (profile: Profile | undefined): profile is Registered => profile?.person !== undefined;

/** @throws Problem 404 when the person never registered, or is erased. */
export function expectRegistered(profile: Profile | undefined): Registered {
  if (isRegistered(profile)) return profile;
  throw new Problem(404, 'not-found', 'There is nothing here.');
}

export type Saving = { outcome: 'registered' | 'changed' | 'unchanged'; profile: Registered };

/** What becomes of a profile when its person saves it. Whoever comes back after an erasure registers anew. */
export function savePerson(
  known: Profile | undefined,
  { userId, person, now }: { userId: string; person: Person; now: Date },
): Saving {
  const version = (known?.version ?? 0) + 1;
  if (!isRegistered(known)) {
    return { outcome: 'registered', profile: { userId, version, createdAt: now, updatedAt: now, person } };
  }
  const { email, name } = known.person;
  if (email === person.email && name === person.name) return { outcome: 'unchanged', profile: known };
  return { outcome: 'changed', profile: { ...known, version, updatedAt: now, person } };
}

export type Erasure = { outcome: 'erased' | 'unchanged'; profile: Profile };

/**
 * What is left of a profile when its person wants to be forgotten. Somebody who never registered may have placed orders, so
 * theirs is a wish for the other services too.
 */
export function erasePerson(known: Profile | undefined, { userId, now }: { userId: string; now: Date }): Erasure {
  if (known && !isRegistered(known)) return { outcome: 'unchanged', profile: known };
  const version = (known?.version ?? 0) + 1;
  return { outcome: 'erased', profile: { userId, version, createdAt: now, updatedAt: now, person: undefined } };
}

type Ports = { clock: Clock; random: Random };

/** The event of a saved profile; none when nothing changed. */
export function savingEvents({ outcome, profile }: Saving, ports: Ports): NewEvent[] {
  if (outcome === 'unchanged') return [];
  const { userId, version: aggregateVersion, person } = profile;
  const contract = outcome === 'registered' ? UserRegistered : UserChanged;
  return [makeEvent(contract, { aggregateId: userId, aggregateVersion, data: { userId, ...person } }, ports)];
}

/** The event of an erasure; none when the person was erased before. */
export function erasureEvents({ outcome, profile }: Erasure, ports: Ports): NewEvent[] {
  if (outcome === 'unchanged') return [];
  const { userId, version: aggregateVersion } = profile;
  return [makeEvent(UserErased, { aggregateId: userId, aggregateVersion, data: { userId } }, ports)];
}
