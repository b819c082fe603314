import { defineEvent } from '@millrace/catalog/event.ts';
import { pino } from 'pino';
import { z } from 'zod';
import type { Database } from '../database.ts';
import { openDatabase } from '../database.ts';
import type { Log } from '../log.ts';
import { migrate } from '../migrate.ts';
import type { NewEvent } from '../outbox.ts';
import { appendEvents, makeEvent } from '../outbox.ts';
import { systemClock, systemRandom } from '../ports.ts';
import type { Metrics } from '../telemetry.ts';
import { createMetrics } from '../telemetry.ts';
import { createBrokerTables, envelopeOf } from './database-broker.ts';

/** An event of no service. */
export const CounterRaised = defineEvent('CounterRaised', {
  publisher: 'counting',
  version: 1,
  data: z.object({ counter: z.string(), by: z.int(), note: z.string().optional() }),
});

export const busName = 'dev-millrace';
export const queueName = 'dev-millrace-testing-CounterRaised';
export const bindings = { CounterRaised: [queueName] };
export const ports = { clock: systemClock, random: systemRandom };

/** Opens a database with outbox, inbox, the in-database broker's tables and a table for effects. */
export async function openMessagingDatabase(url: string, poolSize = 8): Promise<Database> {
  await migrate({ url, folder: `${import.meta.dirname}/no-migrations` });
  const database = openTestDatabase(url, poolSize);
  await createBrokerTables(database.sql);
  await database.sql`create table if not exists effect (
    id bigserial primary key, event_id uuid not null, counter text not null, by integer not null)`;
  return database;
}

export const openTestDatabase = (url: string, poolSize = 8): Database =>
  openDatabase({ url, poolSize, applicationName: 'test' });

/** A quiet log and fresh metrics. */
export function quiet(): { log: Log; metrics: Metrics } {
  return { log: pino({ level: process.env.TEST_LOG ?? 'silent' }), metrics: createMetrics() };
}

/** Makes an event; each of them is version 1 of a counter of its own unless it is told otherwise. */
export function raised(facts: { counter?: string; version?: number; by?: number; note?: string } = {}): NewEvent {
  const counter = facts.counter ?? systemRandom.uuid();
  const data = { counter, by: facts.by ?? 1, ...(facts.note !== undefined && { note: facts.note }) };
  return makeEvent(CounterRaised, { aggregateId: counter, aggregateVersion: facts.version ?? 1, data }, ports);
}

/** Commits events as a service would. */
export async function commitEvents(database: Database, events: readonly NewEvent[]): Promise<void> {
  await database.db.transaction((tx) => appendEvents(tx, events));
}

/** The body of the message that the bus makes of an event. */
export function bodyOf(event: NewEvent): string {
  const { id, type, source, version, aggregateId, aggregateVersion, correlationId, traceparent, occurredAt } = event;
  const facts = { id, version, occurredAt, aggregateId, aggregateVersion, correlationId, traceparent };
  const detail = JSON.stringify({ ...facts, data: JSON.parse(event.data) });
  return envelopeOf({ id, type, source, detail, occurredAt, traceparent });
}
