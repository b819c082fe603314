import { setTimeout as delay } from 'node:timers/promises';
import type postgres from 'postgres';
import type { Broker, Message, OutgoingEvent, PublishOutcome, Queue } from '../broker.ts';
import type { Database } from '../database.ts';
import { pack, packSeparator } from '../database.ts';
import { inPieces } from '../in-parallel.ts';

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

/**
 * A row of `test_message`: messages that were published together, lent together and removed when each of them is settled.
 * A parcel that is larger than a receive wants comes alone.
 */
interface Parcel {
  id: string;
  bodies: string;
  receiveCount: number;
}

const channel = 'test_bus';
const parcelSize = 100;

/** Creates the tables of the in-database broker. */
export async function createBrokerTables(sql: postgres.ISql): Promise<void> {
  await sql.unsafe(`
    create table if not exists test_message (
      id bigserial primary key, queue text not null, body text not null, size integer not null default 1,
      visible_at timestamptz not null default now(), receive_count integer not null default 0
    ) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
    alter table test_message alter body set storage external;
    create table if not exists test_dead_message (id bigserial primary key, queue text not null, body text not null, reason text not null);
    create table if not exists test_published (id bigserial primary key, event_id uuid not null);`);
}

/** A broker whose bus and queues are tables: visible to several processes, and as durable as the database. */
export function databaseBroker(options: BrokerOptions): Broker {
  const { sql } = options.database;
  return {
    isAtomic: true,
    publish: async (events) => {
      const parcels = parcelsOf(events, options.bindings);
      const queues = parcels.map(({ queue }) => queue);
      const bodies = parcels.map(({ messages }) => pack(messages));
      const sizes = parcels.map(({ messages }) => messages.length);
      await sql`
        with sent as (
          insert into test_message (queue, body, size)
          select * from unnest(${queues}::text[], string_to_array(${bodies.join(parcelSeparator)}, ${parcelSeparator}), ${sizes}::integer[]))
        select pg_notify(${channel}, '')`;
      if (options.isNoted) await noteEvents(sql, events);
      return events.map((): PublishOutcome => ({ outcome: 'published' }));
    },
    queue: (name) => databaseQueue(options.database, name, options.visibilityMs ?? 30_000),
    close: async () => undefined,
  };
}

const parcelSeparator = '\u001d';

function parcelsOf(
  events: readonly OutgoingEvent[],
  bindings: BrokerOptions['bindings'],
): { queue: string; messages: string[] }[] {
  const byQueue = new Map<string, string[]>();
  for (const event of events) {
    const body = envelopeOf(event);
    for (const queue of bindings[event.type] ?? []) {
      const bodies = byQueue.get(queue);
      if (bodies) bodies.push(body);
      else byQueue.set(queue, [body]);
    }
  }
  return [...byQueue].flatMap(([queue, bodies]) =>
    inPieces(bodies, parcelSize).map((messages) => ({ queue, messages })),
  );
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
  const open = new Map<string, number>();
  let isHeard = false;
  let endWait = (): void => undefined;
  const take = (max: number): Promise<Parcel[]> => sql<Parcel[]>`
    update test_message set receive_count = receive_count + 1, visible_at = now() + ${visibilityMs} * interval '1 millisecond'
    where id = any(array(
      select id from (
        select id, size, sum(size) over (order by id) as total from (
          select id, size from test_message where queue = ${name} and visible_at <= now() order by id limit ${max}::integer) as first
      ) as counted where total <= ${max}::integer or total = size))
      and visible_at <= now()
    returning id::text, body as bodies, receive_count as "receiveCount"`;
  /** Removes the parcels of which nothing is left. A crash before that delivers the whole parcel again. */
  const settle = async (messages: readonly Message[]): Promise<void> => {
    const empty: string[] = [];
    for (const { handle } of messages) {
      const left = (open.get(handle) ?? 1) - 1;
      if (left > 0) open.set(handle, left);
      else if (open.delete(handle)) empty.push(handle);
    }
    if (empty.length === 0) return;
    await sql`
      delete from test_message using unnest(${empty}::text[]) as mine (handle)
      where test_message.id = split_part(mine.handle, ':', 1)::bigint
        and test_message.receive_count = split_part(mine.handle, ':', 2)::integer`;
  };
  return {
    receive: async ({ max, waitSeconds, signal }) => {
      if (!isHeard) void database.listen(channel, () => endWait());
      isHeard = true;
      const end = performance.now() + waitSeconds * 1_000;
      for (;;) {
        const pause = new AbortController();
        endWait = () => pause.abort();
        const messages = (await take(max)).flatMap((parcel) => unpack(parcel, open));
        if (messages.length > 0 || signal.aborted || performance.now() >= end) return messages;
        const ends = AbortSignal.any([signal, pause.signal]);
        await delay(Math.min(100, end - performance.now()), undefined, { signal: ends }).catch(() => undefined);
      }
    },
    remove: settle,
    postpone: async (messages, seconds) => {
      // Those that are postponed leave their parcel and become messages of their own.
      const bodies = pack(messages.map(({ body }) => body));
      const counts = messages.map(({ receiveCount }) => receiveCount);
      await sql`
        insert into test_message (queue, body, receive_count, visible_at)
        select ${name}, body, receive_count, now() + ${seconds} * interval '1 second'
        from unnest(string_to_array(${bodies}, ${packSeparator}), ${counts}::integer[]) as again (body, receive_count)`;
      await settle(messages);
    },
    deadLetter: async (message, reason) => {
      await sql`insert into test_dead_message (queue, body, reason) values (${name}, ${message.body}, ${reason})`;
      await settle([message]);
    },
  };
}

function unpack(parcel: Parcel, open: Map<string, number>): Message[] {
  const { id, receiveCount } = parcel;
  const handle = `${id}:${receiveCount}`;
  const bodies = parcel.bodies.split(packSeparator);
  open.set(handle, bodies.length);
  return bodies.map((body, place) => ({ id: `${id}/${place}`, body, receiveCount, handle }));
}
