import type { EventContract } from './event.ts';

/** An EventBridge pattern of exact values: each field takes one of the texts in its list. */
export type ExactPattern = Record<string, readonly string[]>;

/**
 * The pattern of the rule of an event's subscriptions, in the cloud and on a laptop. The version is not part of it: a
 * message of a version that a consumer does not know must reach it and be parked in sight, not vanish at the bus.
 */
export function patternOf(event: EventContract): ExactPattern {
  return { source: [event.source], 'detail-type': [event.name] };
}

/** Does a pattern of exact values take an event? Answers as EventBridge does for such patterns. */
export function matchesExactly(pattern: ExactPattern, event: Record<string, unknown>): boolean {
  return Object.entries(pattern).every(([field, texts]) => {
    const value = event[field];
    return typeof value === 'string' && texts.includes(value);
  });
}
