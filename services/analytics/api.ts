import { systemClock } from '@millrace/runtime/ports.ts';
import type { VolatileStore } from '@millrace/runtime/volatile.ts';
import { memoryStore } from '@millrace/runtime/volatile.ts';
import type { StartWorkload } from '@millrace/runtime/workload.ts';
import { openVerifier, serveHttp } from '@millrace/runtime/workload.ts';
import type { AnalyticsConfig } from './config.ts';
import { startLive } from './live.ts';
import { liveRoutes } from './live-routes.ts';
import { queryRoutes } from './query-routes.ts';
import { doorRoutes } from './routes.ts';
import { shopRoutes } from './shop-routes.ts';
import { openWarehouse } from './warehouse.ts';

const burstSeconds = 10;

/** The HTTP side: the doors for events, the sites, the queries and the live stream. */
export const startApi: StartWorkload<AnalyticsConfig> = async (own) => {
  const { config, database, metrics, log, clock, random } = own;
  const warehouse = openWarehouse({ url: config.WAREHOUSE_URL, purpose: 'query' });
  const store = await openStore(config.CACHE_URL);
  const common = { database, metrics, log, clock, signingKey: config.SIGNING_KEY };
  const doors = doorRoutes({
    ...common,
    store,
    rates: { site: rateOf(config.COLLECT_SITE_PER_SECOND), address: rateOf(config.COLLECT_ADDRESS_PER_SECOND) },
    allowLoopback: config.MILLRACE_ENVIRONMENT === 'dev',
    random,
  });
  const live = await startLive(common);
  const routes = [
    ...doors.routes,
    ...queryRoutes({ ...common, warehouse }),
    ...liveRoutes({ live, database, random }),
    ...shopRoutes({ db: database.db }),
  ];
  const server = await serveHttp(own, { routes, verifyToken: openVerifier(config) });
  return {
    async close() {
      await live.close();
      await server.close();
      await doors.commit.drain();
      await Promise.all([database.close(), warehouse.close(), store.close()]);
    },
  };
};

const rateOf = (perSecond: number) => ({ burst: perSecond * burstSeconds, perSecond });

async function openStore(url: string | undefined): Promise<VolatileStore> {
  if (!url) return memoryStore(systemClock);
  const { valkeyStore } = await import('@millrace/runtime/valkey-store.ts');
  return valkeyStore(url, systemClock);
}
