import { createTokenVerifier } from '@millrace/runtime/auth.ts';
import { openDatabase } from '@millrace/runtime/database.ts';
import { listen } from '@millrace/runtime/listen.ts';
import type { Log } from '@millrace/runtime/log.ts';
import { systemClock, systemRandom } from '@millrace/runtime/ports.ts';
import type { Closable } from '@millrace/runtime/process.ts';
import { createApp } from '@millrace/runtime/server.ts';
import { createMetrics } from '@millrace/runtime/telemetry.ts';
import type { VolatileStore } from '@millrace/runtime/volatile.ts';
import { memoryStore } from '@millrace/runtime/volatile.ts';
import type { AnalyticsConfig } from './config.ts';
import { doorRoutes } from './routes.ts';

const drainMs = 10_000;
const burstSeconds = 10;

/** The HTTP side: the doors for events, the sites, the queries and the live stream. */
export async function startApi(
  config: AnalyticsConfig,
  parts: { log: Log; poolSize: number; version: string },
): Promise<Closable> {
  const { log } = parts;
  const metrics = createMetrics();
  const database = openDatabase({
    url: config.DATABASE_URL,
    applicationName: 'analytics-api',
    poolSize: parts.poolSize,
    iam: config.DATABASE_IAM,
    region: config.AWS_REGION,
  });
  const store = await openStore(config.CACHE_URL);
  const { routes, commit } = doorRoutes({
    database,
    store,
    signingKey: config.SIGNING_KEY,
    rates: { site: rateOf(config.COLLECT_SITE_PER_SECOND), address: rateOf(config.COLLECT_ADDRESS_PER_SECOND) },
    allowLoopback: config.MILLRACE_ENVIRONMENT === 'dev',
    metrics,
    log,
    clock: systemClock,
    random: systemRandom,
  });
  const app = createApp({
    name: 'analytics',
    version: parts.version,
    routes,
    verifyToken: createTokenVerifier({
      issuer: config.ISSUER_URL,
      jwksUrl: config.JWKS_URL,
      clientIds: config.CLIENT_IDS,
      clock: systemClock,
    }),
    isReady: () => database.isReady(),
    metrics,
    log,
  });
  const server = await listen(app, { host: config.HOST, port: config.PORT, drainMs });
  log.info({ url: server.url }, 'listening');
  return {
    async close() {
      await server.close();
      await commit.drain();
      await Promise.all([database.close(), store.close()]);
    },
  };
}

const rateOf = (perSecond: number) => ({ burst: perSecond * burstSeconds, perSecond });

async function openStore(url: string | undefined): Promise<VolatileStore> {
  if (!url) return memoryStore(systemClock);
  const { valkeyStore } = await import('@millrace/runtime/valkey-store.ts');
  return valkeyStore(url, systemClock);
}
