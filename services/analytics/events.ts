import { PageViewsCollected } from '@millrace/catalog/events/analytics.ts';
import type { Database, Transaction } from '@millrace/runtime/database.ts';
import { appendEvents, makeEvent } from '@millrace/runtime/outbox.ts';
import type { Clock, Random } from '@millrace/runtime/ports.ts';
import type { WriteBatches } from './group-commit.ts';

/**
 * Commits batches as events of the outbox. There is no other state to commit with them, so one statement is the whole
 * transaction: one round trip, which is what counts when the database is milliseconds away.
 */
export function pageViewWriter(parts: { database: Database; clock: Clock; random: Random }): WriteBatches {
  const { clock, random } = parts;
  // Outside a transaction each statement is one of its own.
  const single = parts.database.db as unknown as Transaction;
  return async (batches) => {
    const events = batches.map((batch) => {
      // collect.test.ts holds what the doors make against the contract.
      const facts = {
        aggregateId: random.uuid(),
        aggregateVersion: 1,
        data: { events: batch },
        isChecked: true as const,
      };
      return makeEvent(PageViewsCollected, facts, { clock, random });
    });
    await appendEvents(single, events);
    return events.map((event) => event.id);
  };
}
