import type { EventContract } from '@millrace/catalog/event.ts';
import { defineEvent } from '@millrace/catalog/event.ts';
import { awsBroker } from '@millrace/runtime/aws-broker.ts';
import type { Broker } from '@millrace/runtime/broker.ts';
import { startConsumer } from '@millrace/runtime/consumer.ts';
import { applied } from '@millrace/runtime/consumer-batch.ts';
import type { Database } from '@millrace/runtime/database.ts';
import { openDatabase, sqlOf } from '@millrace/runtime/database.ts';
import { createLog } from '@millrace/runtime/log.ts';
import { appendEvents, makeEvent } from '@millrace/runtime/outbox.ts';
import { systemClock, systemRandom } from '@millrace/runtime/ports.ts';
import { startRelay } from '@millrace/runtime/relay.ts';
import { createMetrics } from '@millrace/runtime/telemetry.ts';
import { databaseBroker } from '@millrace/runtime/testing/database-broker.ts';
import { z } from 'zod';

/** The event of the flow benches: a number, as small as an ordinary business event. */
export const NumberCounted = defineEvent('NumberCounted', {
  publisher: 'bench',
  version: 1,
  data: z.object({ number: z.int(), note: z.string() }),
});

export const queueName = 'bench-numbers';
export const busName = 'bench';

/** How events travel: tables of the same database, or EventBridge and SQS at this URL. */
export type Way = { kind: 'database' } | { kind: 'aws'; url: string };

export function openBench(url: string): Database {
  return openDatabase({ url, applicationName: 'bench', poolSize: 6 });
}

function brokerOf(way: Way, database: Database): Broker {
  if (way.kind === 'aws') return awsBroker({ region: 'us-east-1', endpoint: way.url, busName });
  return databaseBroker({ database, bindings: { [NumberCounted.name]: [queueName] } });
}

/** Starts relay and consumer; `onApplied` hears the numbers once their effect is committed. */
export function startFlow(options: { database: Database; way: Way; onApplied?: (numbers: number[]) => void }) {
  const { database, way } = options;
  const broker = brokerOf(way, database);
  const ports = { log: createLog({ name: 'bench', level: 'error' }), metrics: createMetrics(), clock: systemClock };
  const relay = startRelay({ database, broker, random: systemRandom, ...ports });
  const consumer = startConsumer<EventContract>({
    name: 'bench',
    queue: broker.queue(queueName),
    contracts: [NumberCounted],
    database,
    deadlineMs: 10_000,
    batchSize: way.kind === 'aws' ? 100 : 500,
    handle: async (tx, events) => {
      const numbers = events.map((event) => Number(event.data['number']));
      const ids = events.map((event) => event.id);
      await sqlOf(tx)`insert into effect (event_id, number) select * from unnest(${ids}::uuid[], ${numbers}::int[])`;
      options.onApplied?.(numbers);
      return applied;
    },
    ...ports,
  });
  return {
    close: async () => {
      await consumer.close();
      await relay.close();
      await broker.close();
    },
  };
}

/** Commits events to the outbox, as a business change would. */
export async function commitNumbers(database: Database, numbers: readonly number[]): Promise<void> {
  const ports = { clock: systemClock, random: systemRandom };
  const events = numbers.map((number) =>
    makeEvent(
      NumberCounted,
      {
        aggregateId: `number-${number}`,
        aggregateVersion: 1,
        data: { number, note: 'a note of some forty characters or so' },
      },
      ports,
    ),
  );
  await database.sql.begin((tx) => appendEvents(tx, events));
}
