import type { DataOf, EventContract } from '@millrace/catalog/event.ts';
import { sql as fragment } from 'drizzle-orm';
import { bigint, index, integer, jsonb, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import type postgres from 'postgres';
import type { Transaction } from './database.ts';
import { pack, packSeparator, sqlOf } from './database.ts';
import type { Clock, Random } from './ports.ts';
import { Problem } from './problem.ts';
import { currentTrace, nextTraceparent } from './telemetry.ts';

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

/** Events that were committed with the state and are not published yet. Created by runtime/migrations. */
export const outboxTable = pgTable(
  'outbox',
  {
    /** The order of insertion, in which the relay works. Never a cursor: rows become visible at commit, in any order. */
    position: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    id: uuid().notNull().unique('outbox_id_unique'),
    type: text().notNull(),
    source: text().notNull(),
    version: integer().notNull(),
    aggregateId: text('aggregate_id').notNull(),
    aggregateVersion: bigint('aggregate_version', { mode: 'number' }).notNull(),
    correlationId: text('correlation_id').notNull(),
    traceparent: text().notNull(),
    data: jsonb().notNull(),
    occurredAt: instant('occurred_at').notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
    attempts: integer().notNull().default(0),
    nextAttemptAt: instant('next_attempt_at').notNull().defaultNow(),
    parkedReason: text('parked_reason'),
  },
  (table) => [
    index('outbox_aggregate').on(table.aggregateId, table.aggregateVersion),
    index('outbox_failed').on(table.aggregateId, table.aggregateVersion).where(fragment`attempts > 0`),
  ],
);

/** An event that is ready to be committed. */
export interface NewEvent {
  id: string;
  type: string;
  source: string;
  version: number;
  aggregateId: string;
  aggregateVersion: number;
  correlationId: string;
  traceparent: string;
  occurredAt: Date;
  /** The data as JSON text, already checked by its contract. */
  data: string;
}

interface EventFacts<Contract extends EventContract> {
  aggregateId: string;
  /** Starts at 1 and grows with each event of this aggregate; later versions are never published before earlier ones. */
  aggregateVersion: number;
  /** Ties together what one request caused; the trace's id when it is missing. */
  correlationId?: string;
  data: DataOf<Contract>;
  /**
   * The caller made each member itself and a test holds what it makes against the contract: the data is not checked again.
   * For paths where the check is felt beside the rest of the work.
   */
  isChecked?: true;
}

/** EventBridge and SQS take 1 MB; the envelope around the data needs some of it. */
const maxDataBytes = 1_048_576 - 4_096;
/** PostgreSQL's jsonb can hold neither. */
const unstorable = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/;
/** Only one transaction at a time wakes the relay: NOTIFY makes commits wait for each other. The relay looks again soon after. */
export const wakeLockKey = 7_236_401_120;
export const outboxChannel = 'outbox';

/**
 * Makes an event by its contract; members that the contract does not know are left out.
 * @throws Error when the data breaks the contract: then the code that made it is wrong.
 * @throws Problem 413 when it is larger than the bus takes, 422 when it holds what the database cannot store.
 */
export function makeEvent<Contract extends EventContract>(
  contract: Contract,
  facts: EventFacts<Contract>,
  ports: { clock: Clock; random: Random },
): NewEvent {
  if (facts.aggregateVersion < 1) throw new Error(`${contract.name}: the first version of an aggregate is 1.`);
  const data = JSON.stringify(facts.isChecked ? facts.data : checked(contract, facts.data));
  const bytes = Buffer.byteLength(data);
  if (bytes > maxDataBytes) {
    throw new Problem(413, 'event-too-large', `This makes an event of ${bytes} bytes; ${maxDataBytes} are allowed.`);
  }
  if (data.includes('\\u') && unstorable.test(data)) {
    throw new Problem(422, 'control-character', 'The text holds a character that cannot be stored.');
  }
  return {
    id: ports.random.uuid(),
    type: contract.name,
    source: contract.source,
    version: contract.version,
    aggregateId: facts.aggregateId,
    aggregateVersion: facts.aggregateVersion,
    correlationId: facts.correlationId ?? currentTrace()?.traceId ?? ports.random.uuid(),
    traceparent: nextTraceparent(),
    occurredAt: ports.clock.now(),
    data,
  };
}

function checked<Contract extends EventContract>(contract: Contract, data: DataOf<Contract>): unknown {
  const parsed = contract.data.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new Error(`${contract.name}@${contract.version} is not what its contract says.`, { cause: parsed.error });
}

/** Commits events with the state of the same transaction: one statement, whatever their number, and a hint for the relay. */
export async function appendEvents(
  tx: Transaction | postgres.TransactionSql,
  events: readonly NewEvent[],
): Promise<void> {
  if (events.length === 0) return;
  const sql = sqlOf(tx);
  // Inserted in this order, and so published in it.
  const ordered = events.toSorted((one, other) => one.aggregateVersion - other.aggregateVersion);
  const column = (pick: (event: NewEvent) => string | number): string[] => ordered.map((event) => String(pick(event)));
  await sql`
    with added as (
      insert into outbox (id, type, source, version, aggregate_id, aggregate_version, correlation_id, traceparent, occurred_at, data)
      select * from unnest(
        ${column((event) => event.id)}::uuid[],
        ${column((event) => event.type)}::text[],
        ${column((event) => event.source)}::text[],
        ${column((event) => event.version)}::integer[],
        ${column((event) => event.aggregateId)}::text[],
        ${column((event) => event.aggregateVersion)}::bigint[],
        ${column((event) => event.correlationId)}::text[],
        ${column((event) => event.traceparent)}::text[],
        ${column((event) => event.occurredAt.toISOString())}::timestamptz[],
        string_to_array(${pack(ordered.map((event) => event.data))}, ${packSeparator})::jsonb[])
    )
    select pg_notify(${outboxChannel}, '') where pg_try_advisory_xact_lock(${wakeLockKey})`;
}
