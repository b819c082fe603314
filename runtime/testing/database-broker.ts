import { setTimeout as delay } from 'node:timers/promises';
import type postgres from 'postgres';
import type { Broker, Message, OutgoingEvent, PublishOutcome, Queue } from '../broker.ts';
import type { Database } from '../database.ts';
import { pack, packSeparator } from '../database.ts';

interface BrokerOptions {
  database: Database;
  /** Which queues get which type of event. */
  bindings: Record<string, readonly string[]>;
  visibilityMs?: number;
  /** Notes in `test_published` what was published, how often. */
  isNoted?: boolean;
}

/** A message in a dead-letter queue. */
export interface DeadMessage {
  body: string;
  reason: string;
}

const channel = 'test_bus';

/** Creates the tables of the in-database broker. */
export async function createBrokerTables(sql: postgres.ISql): Promise<void> {
  await sql.unsafe(`
    create table if not exists test_message (
      id bigserial primary key, queue text not null, body text not null, visible_at timestamptz not null default now(),
      receive_count integer not null default 0
    ) with (fillfactor = 45, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
    create table if not exists test_dead_message (id bigint primary key, queue text not null, body text not null, reason text not null);
    create table if not exists test_published (id bigserial primary key, event_id uuid not null);`);
}

/** A broker whose bus and queues are tables: visible to several processes, and as durable as the database. */
export function databaseBroker(options: BrokerOptions): Broker {
  const { database, bindings } = options;
  const { sql } = database;
  return {
    isAtomic: true,
    publish: async (events) => {
      const targets = events.flatMap((event) => (bindings[event.type] ?? []).map((queue) => ({ queue, event })));
      const queues = targets.map(({ queue }) => queue);
      const bodies = targets.map(({ event }) => envelopeOf(event));
      await sql`
        with sent as (
          insert into test_message (queue, body) select * from unnest(
            string_to_array(${pack(queues)}, ${packSeparator}), string_to_array(${pack(bodies)}, ${packSeparator})))
        select pg_notify(${channel}, '')`;
      if (options.isNoted) await noteEvents(sql, events);
      return events.map((): PublishOutcome => ({ outcome: 'published' }));
    },
    queue: (name) => databaseQueue(database, name, options.visibilityMs ?? 30_000),
    close: async () => undefined,
  };
}

async function noteEvents(sql: postgres.ISql, events: readonly OutgoingEvent[]): Promise<void> {
  await sql`insert into test_published (event_id) select unnest(${events.map((event) => event.id)}::uuid[])`;
}

/** The body that EventBridge makes of an event for a queue. */
export function envelopeOf(event: OutgoingEvent): string {
  return (
    `{"version":"0","id":"${event.id}","detail-type":${JSON.stringify(event.type)},"source":${JSON.stringify(event.source)},` +
    `"account":"111122223333","time":"${event.occurredAt.toISOString().slice(0, 19)}Z","region":"us-east-1","resources":[],` +
    `"detail":${event.detail}}`
  );
}

/** Puts a body of any kind into a queue. */
export async function sendRaw(sql: postgres.ISql, queue: string, body: string): Promise<void> {
  await sql`insert into test_message (queue, body) values (${queue}, ${body})`;
  await sql`select pg_notify(${channel}, '')`;
}

/** What lies in the dead-letter queue of a queue. */
export async function readDead(sql: postgres.ISql, queue: string): Promise<DeadMessage[]> {
  return [...(await sql<DeadMessage[]>`select body, reason from test_dead_message where queue = ${queue} order by id`)];
}

function databaseQueue(database: Database, name: string, visibilityMs: number): Queue {
  const { sql } = database;
  let isHeard = false;
  let endWait = (): void => undefined;
  const take = (max: number): Promise<Message[]> => sql<Message[]>`
    update test_message set receive_count = receive_count + 1, visible_at = now() + ${visibilityMs} * interval '1 millisecond'
    where id = any(array(
      select id from test_message where queue = ${name} and visible_at <= now() order by id limit ${max}))
      and visible_at <= now()
    returning id::text, body, receive_count as "receiveCount", id::text || ':' || receive_count as handle`;
  return {
    receive: async ({ max, waitSeconds, signal }) => {
      if (!isHeard) void database.listen(channel, () => endWait());
      isHeard = true;
      const end = performance.now() + waitSeconds * 1_000;
      for (;;) {
        const pause = new AbortController();
        endWait = () => pause.abort();
        const messages = await take(max);
        if (messages.length > 0 || signal.aborted || performance.now() >= end) return [...messages];
        const ends = AbortSignal.any([signal, pause.signal]);
        await delay(Math.min(100, end - performance.now()), undefined, { signal: ends }).catch(() => undefined);
      }
    },
    remove: async (messages) => {
      const handles = messages.map(({ handle }) => handle);
      await sql`
        delete from test_message using unnest(${handles}::text[]) as mine (handle)
        where test_message.id = split_part(mine.handle, ':', 1)::bigint
          and test_message.receive_count = split_part(mine.handle, ':', 2)::integer`;
    },
    postpone: async (messages, seconds) => {
      const ids = messages.map(({ id }) => id);
      await sql`update test_message set visible_at = now() + ${seconds} * interval '1 second' where id = any(${ids}::bigint[])`;
    },
    deadLetter: async (message, reason) => {
      await sql`
        with moved as (delete from test_message where id = ${message.id} returning id, queue, body)
        insert into test_dead_message select id, queue, body, ${reason} from moved on conflict do nothing`;
    },
  };
}
