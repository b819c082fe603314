import { randomUUID } from 'node:crypto';
import type { DataOf, EventContract } from '@millrace/catalog/event.ts';
import { queueName } from '@millrace/catalog/names.ts';
import type { Service } from '@millrace/catalog/service.ts';
import { pino } from 'pino';
import { openDatabase } from '../database.ts';
import { noFault } from '../fault-point.ts';
import { migrate } from '../migrate.ts';
import { makeEvent } from '../outbox.ts';
import { systemClock, systemRandom } from '../ports.ts';
import type { Closable } from '../process.ts';
import type { Route } from '../route.ts';
import type { App } from '../server.ts';
import { createApp } from '../server.ts';
import type { Reaction } from '../subscriptions.ts';
import { startSubscriptions } from '../subscriptions.ts';
import { createMetrics } from '../telemetry.ts';
import type { Workload, WorkloadConfig } from '../workload.ts';
import { bearerNames } from './callers.ts';
import type { DeadMessage } from './database-broker.ts';
import { createBrokerTables, databaseBroker, readDead, sendRaw } from './database-broker.ts';
import { bodyOf } from './event-fixtures.ts';
import { createTestDatabase } from './postgres.ts';
import { waitFor } from './wait.ts';

/** What a service committed for the bus. */
export interface CommittedEvent {
  id: string;
  type: string;
  aggregateId: string;
  aggregateVersion: number;
  data: Record<string, unknown>;
}

/** An event of another service, as it comes in. What is not said is made up. */
export interface Incoming<Contract extends EventContract> {
  data: DataOf<Contract>;
  id?: string;
  aggregateId?: string;
  aggregateVersion?: number;
  occurredAt?: Date;
}

/** A service over a real database and a broker in tables, without the processes around it. */
export interface TestService<Config extends WorkloadConfig> {
  own: Workload<Config>;
  app: App;
  /** Reads the database as a test would. */
  sql: Workload['database']['sql'];
  /** Events that were committed and, as no relay runs, are still there. */
  committed(type?: string): Promise<CommittedEvent[]>;
  /** Gives an event to the subscription of that name (its own unless said otherwise), and waits until every message is settled. */
  deliver<Contract extends EventContract>(contract: Contract, event: Incoming<Contract>, to?: string): Promise<string>;
  /** The same with any text as the message's body. */
  deliverRaw(body: string, to: string): Promise<void>;
  dead(subscription: string): Promise<DeadMessage[]>;
  close(): Promise<void>;
}

/** What differs from service to service. */
interface TestServiceOptions<Config extends WorkloadConfig> {
  service: Service;
  migrations: string;
  /** The service's own settings beside the platform's. */
  config: Omit<Config, keyof WorkloadConfig>;
  /** The workload whose subscriptions are consumed; `worker`. */
  workload?: string;
  routes?: (own: Workload<Config>) => readonly Route[];
  reactions?: (own: Workload<Config>) => Readonly<Record<string, Reaction>>;
  clock?: Workload['clock'];
}

/** Opens a service for a test: everything real but the processes, the bus and the check of tokens (`bearerNames`). */
export async function openTestService<Config extends WorkloadConfig>(
  options: TestServiceOptions<Config>,
): Promise<TestService<Config>> {
  const { service, workload = 'worker' } = options;
  const home = await createTestDatabase();
  await migrate({ url: home.url, folder: options.migrations });
  const database = openDatabase({ url: home.url, applicationName: 'test', poolSize: 10 });
  await createBrokerTables(database.sql);
  const platform = platformConfig(home.url, workload);
  const own: Workload<Config> = {
    service,
    config: { ...platform, ...options.config } as Config,
    log: pino({ level: process.env['TEST_LOG'] ?? 'silent' }),
    database,
    metrics: createMetrics(),
    clock: options.clock ?? systemClock,
    random: systemRandom,
    reach: noFault,
  };
  const reactions = options.reactions && withoutGathering(options.reactions(own));
  const consumers: Closable | undefined =
    reactions && startSubscriptions(own, databaseBroker({ database, bindings: {} }), reactions);
  const app = createApp({
    name: service.name,
    version: 'test',
    routes: options.routes?.(own) ?? [],
    verifyToken: bearerNames,
    isReady: () => database.isReady(),
    metrics: own.metrics,
    log: own.log,
  });
  const queueOf = (subscription: string): string => queueName('dev', service.name, subscription);
  const deliverRaw = async (body: string, to: string): Promise<void> => {
    await sendRaw(database.sql, queueOf(to), body);
    await waitFor(async () => (await database.sql`select 1 from test_message limit 1`).length === 0);
  };
  return {
    own,
    app,
    sql: database.sql,
    committed: (type) => committedIn(database.sql, type),
    deliver: async (contract, event, to = contract.name) => {
      const made = incoming(contract, event);
      await deliverRaw(made.body, to);
      return made.id;
    },
    deliverRaw,
    dead: (subscription) => readDead(database.sql, queueOf(subscription)),
    close: async () => {
      await consumers?.close();
      await database.close();
      await home.drop();
    },
  };
}

/** A test waits for each of its events. */
const withoutGathering = (reactions: Readonly<Record<string, Reaction>>): Record<string, Reaction> =>
  Object.fromEntries(Object.entries(reactions).map(([name, reaction]) => [name, { ...reaction, gatherMs: 0 }]));

/** What every service is told, here about a database alone. */
const platformConfig = (databaseUrl: string, workload: string) =>
  ({
    MILLRACE_ENVIRONMENT: 'dev',
    MILLRACE_WORKLOAD: workload,
    MILLRACE_FAULT: undefined,
    HOST: '127.0.0.1',
    PORT: 0,
    LOG_LEVEL: 'fatal',
    OTEL_EXPORTER_OTLP_ENDPOINT: undefined,
    DATABASE_URL: databaseUrl,
    DATABASE_IAM: false,
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: undefined,
    EVENT_BUS_NAME: 'dev-millrace',
  }) satisfies WorkloadConfig;

/** The message that the bus makes of another service's event. */
export function incoming<Contract extends EventContract>(
  contract: Contract,
  event: Incoming<Contract>,
): { id: string; body: string } {
  const { id = randomUUID(), aggregateId = randomUUID(), aggregateVersion = 1, data, occurredAt } = event;
  const made = makeEvent(
    contract,
    { aggregateId, aggregateVersion, data },
    { clock: { now: () => occurredAt ?? new Date() }, random: systemRandom },
  );
  return { id, body: bodyOf({ ...made, id }) };
}

async function committedIn(sql: Workload['database']['sql'], type: string | undefined): Promise<CommittedEvent[]> {
  const rows = await sql<CommittedEvent[]>`
    select id, type, aggregate_id as "aggregateId", aggregate_version::int as "aggregateVersion", data
    from outbox order by position`;
  return type === undefined ? rows : rows.filter((row) => row.type === type);
}
