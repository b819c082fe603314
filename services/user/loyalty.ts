import type { Money } from '@millrace/catalog/events/money.ts';

export const loyaltyStates = ['pending', 'granted', 'taken-back'] as const;
export type LoyaltyState = (typeof loyaltyStates)[number];

/** What one order is worth to whoever placed it. */
export interface LoyaltyEntry {
  orderId: string;
  userId: string;
  state: LoyaltyState;
  /** Not known until an event with the order's total has come. */
  points: number | undefined;
  /** The highest version of the order that was heard of; 0 before the first. */
  version: number;
  /** When the order came into that state. */
  at: Date;
}

/** What one event says about an order's points. */
export type OrderNews = LoyaltyEntry;

export type Effect = { outcome: 'applied'; entry: LoyaltyEntry } | { outcome: 'stale' } | { outcome: 'differs' };

const minorPerPoint = 100;

/** One point for each hundred minor units of any currency, rounded down. */
export const pointsOf = ({ amountMinor }: Money): number => Math.floor(amountMinor / minorPerPoint);

/**
 * Applies what an event says. Events may come in any order: the highest version says in which state the points are, and any
 * event that knows the total says how many. An order's total and owner never change.
 */
export function hear(entry: LoyaltyEntry, news: OrderNews): Effect {
  const isOtherTotal = entry.points !== undefined && news.points !== undefined && entry.points !== news.points;
  if (isOtherTotal || entry.userId !== news.userId) return { outcome: 'differs' };
  const points = entry.points ?? news.points;
  if (news.version > entry.version) return { outcome: 'applied', entry: { ...news, points } };
  if (points === entry.points) return { outcome: 'stale' };
  return { outcome: 'applied', entry: { ...entry, points } };
}
