import type { Service } from '@millrace/catalog/service.ts';
import type { z } from 'zod';
import type { VerifyToken } from './auth.ts';
import { createTokenVerifier } from './auth.ts';
import type { databaseConfig, eventConfig, serviceConfig, tokenConfig } from './config.ts';
import type { Database } from './database.ts';
import { openDatabase } from './database.ts';
import type { ReachPoint } from './fault-point.ts';
import { readFault } from './fault-point.ts';
import type { Listening } from './listen.ts';
import { listen } from './listen.ts';
import type { Log } from './log.ts';
import type { Clock, Random } from './ports.ts';
import { systemClock, systemRandom } from './ports.ts';
import type { Closable } from './process.ts';
import type { Route } from './route.ts';
import { createApp } from './server.ts';
import type { Metrics } from './telemetry.ts';
import { createMetrics } from './telemetry.ts';
import type { SpanSink } from './tracing.ts';
import { noSpans, openSpanSink } from './tracing.ts';

/** The variables that every workload with a database and events reads. */
export type WorkloadConfig = z.output<typeof serviceConfig> &
  z.output<typeof databaseConfig> &
  z.output<typeof eventConfig>;

/** What a workload of a service stands on. */
export interface Workload<Config extends WorkloadConfig = WorkloadConfig> {
  service: Service;
  config: Config;
  log: Log;
  database: Database;
  metrics: Metrics;
  clock: Clock;
  random: Random;
  /** Ends the process at a named point when a fault test asked for it. */
  reach: ReachPoint;
}

/** Starts one workload of a service. */
export type StartWorkload<Config extends WorkloadConfig> = (own: Workload<Config>) => Promise<Closable>;

const version = '0.1.0';
const drainMs = 10_000;

/** Opens what a workload stands on: its database with the catalog's number of connections, metrics, clock and random numbers. */
export function openWorkload<Config extends WorkloadConfig>(
  service: Service,
  config: Config,
  log: Log,
): Workload<Config> {
  return {
    service,
    config,
    log,
    database: openOwnDatabase({ service, config }, { name: config.MILLRACE_WORKLOAD }),
    metrics: createMetrics(),
    clock: systemClock,
    random: systemRandom,
    reach: readFault(config.MILLRACE_FAULT, config.MILLRACE_ENVIRONMENT),
  };
}

/** Opens the service's own database, with the catalog's number of connections unless told otherwise. */
export function openOwnDatabase(
  own: Pick<Workload, 'service' | 'config'>,
  options: { name: string; poolSize?: number; statementTimeoutMs?: number },
): Database {
  const { service, config } = own;
  const { name, poolSize = service.database?.poolSize ?? 1, ...more } = options;
  return openDatabase({
    url: config.DATABASE_URL,
    applicationName: `${service.name}-${name}`,
    poolSize,
    iam: config.DATABASE_IAM,
    region: config.AWS_REGION,
    ...more,
  });
}

/** Checks access tokens as the configuration says. */
export function openVerifier(config: z.output<typeof tokenConfig>): VerifyToken {
  const { ISSUER_URL: issuer, JWKS_URL: jwksUrl, CLIENT_IDS: clientIds } = config;
  return createTokenVerifier({ issuer, jwksUrl, clientIds, clock: systemClock });
}

/** Serves health, readiness, metrics and, where there are routes, an API with its documents and traces. */
export async function serveHttp(
  own: Workload,
  api: { routes: readonly Route[]; verifyToken: VerifyToken } | undefined = undefined,
): Promise<Listening> {
  const { service, config, database, metrics, log } = own;
  const spans = api ? await openSpans(own) : noSpans;
  const parts = { name: service.name, version, metrics, spans, log, isReady: () => database.isReady() };
  const server = await listen(createApp({ ...parts, ...(api ?? { routes: [] }) }), {
    host: config.HOST,
    port: config.PORT,
    drainMs,
  });
  log.info({ url: server.url }, 'listening');
  return {
    url: server.url,
    close: async () => {
      await server.close();
      await spans.close();
    },
  };
}

async function openSpans({ service, config }: Workload): Promise<SpanSink> {
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (!endpoint) return noSpans;
  return openSpanSink({ endpoint, service: service.name, environment: config.MILLRACE_ENVIRONMENT });
}
