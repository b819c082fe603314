import { analytics } from '@millrace/catalog/services.ts';
import type { Database } from '@millrace/runtime/database.ts';
import { openDatabase } from '@millrace/runtime/database.ts';
import type { Listening } from '@millrace/runtime/listen.ts';
import { listen } from '@millrace/runtime/listen.ts';
import type { Log } from '@millrace/runtime/log.ts';
import type { Closable } from '@millrace/runtime/process.ts';
import type { Route } from '@millrace/runtime/route.ts';
import type { AppOptions } from '@millrace/runtime/server.ts';
import { createApp } from '@millrace/runtime/server.ts';
import type { Metrics } from '@millrace/runtime/telemetry.ts';
import type { SpanSink } from '@millrace/runtime/tracing.ts';
import { noSpans, openSpanSink } from '@millrace/runtime/tracing.ts';
import type { AnalyticsConfig } from './config.ts';

/** Starts one workload of this service. */
export type StartWorkload = (config: AnalyticsConfig, log: Log) => Promise<Closable>;

const version = '0.1.0';
const drainMs = 10_000;

/** Opens the service's own database with the catalog's number of connections, or fewer. */
export function openOwnDatabase(
  config: AnalyticsConfig,
  options: { name: string; poolSize?: number; statementTimeoutMs?: number },
): Database {
  const { name, poolSize = analytics.database?.poolSize ?? 1, ...more } = options;
  return openDatabase({
    url: config.DATABASE_URL,
    applicationName: `analytics-${name}`,
    poolSize,
    iam: config.DATABASE_IAM,
    region: config.AWS_REGION,
    ...more,
  });
}

/** Where this process's traces go: to the collector, if there is one. */
export async function openSpans(config: AnalyticsConfig): Promise<SpanSink> {
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (!endpoint) return noSpans;
  return openSpanSink({ endpoint, service: 'analytics', environment: config.MILLRACE_ENVIRONMENT });
}

/** Serves health, readiness, metrics and, in the API, the routes. */
export async function serveHttp(
  config: AnalyticsConfig,
  parts: {
    routes?: readonly Route[];
    verifyToken?: NonNullable<AppOptions['verifyToken']>;
    spans?: SpanSink;
    database: Database;
    metrics: Metrics;
    log: Log;
  },
): Promise<Listening> {
  const { database, routes = [], ...rest } = parts;
  const app = createApp({ ...rest, name: 'analytics', version, routes, isReady: () => database.isReady() });
  const server = await listen(app, { host: config.HOST, port: config.PORT, drainMs });
  parts.log.info({ url: server.url }, 'listening');
  return server;
}
