import { createTokenVerifier } from '@millrace/runtime/auth.ts';
import { systemClock, systemRandom } from '@millrace/runtime/ports.ts';
import { createMetrics } from '@millrace/runtime/telemetry.ts';
import type { VolatileStore } from '@millrace/runtime/volatile.ts';
import { memoryStore } from '@millrace/runtime/volatile.ts';
import { startLive } from './live.ts';
import { liveRoutes } from './live-routes.ts';
import { queryRoutes } from './query-routes.ts';
import { doorRoutes } from './routes.ts';
import { openWarehouse } from './warehouse.ts';
import type { StartWorkload } from './workload.ts';
import { openOwnDatabase, openSpans, serveHttp } from './workload.ts';

const burstSeconds = 10;

/** The HTTP side: the doors for events, the sites, the queries and the live stream. */
export const startApi: StartWorkload = async (config, log) => {
  const metrics = createMetrics();
  const database = openOwnDatabase(config, { name: 'api' });
  const warehouse = openWarehouse({ url: config.WAREHOUSE_URL, purpose: 'query' });
  const [store, spans] = await Promise.all([openStore(config.CACHE_URL), openSpans(config)]);
  const common = { database, metrics, log, clock: systemClock, signingKey: config.SIGNING_KEY };
  const doors = doorRoutes({
    ...common,
    store,
    rates: { site: rateOf(config.COLLECT_SITE_PER_SECOND), address: rateOf(config.COLLECT_ADDRESS_PER_SECOND) },
    allowLoopback: config.MILLRACE_ENVIRONMENT === 'dev',
    random: systemRandom,
  });
  const verifyToken = createTokenVerifier({
    issuer: config.ISSUER_URL,
    jwksUrl: config.JWKS_URL,
    clientIds: config.CLIENT_IDS,
    clock: systemClock,
  });
  const live = await startLive(common);
  const routes = [
    ...doors.routes,
    ...queryRoutes({ ...common, warehouse }),
    ...liveRoutes({ live, database, random: systemRandom }),
  ];
  const server = await serveHttp(config, { routes, verifyToken, spans, database, metrics, log });
  return {
    async close() {
      await live.close();
      await server.close();
      await doors.commit.drain();
      await Promise.all([database.close(), warehouse.close(), store.close(), spans.close()]);
    },
  };
};

const rateOf = (perSecond: number) => ({ burst: perSecond * burstSeconds, perSecond });

async function openStore(url: string | undefined): Promise<VolatileStore> {
  if (!url) return memoryStore(systemClock);
  const { valkeyStore } = await import('@millrace/runtime/valkey-store.ts');
  return valkeyStore(url, systemClock);
}
