import { openCache } from '@millrace/runtime/cache.ts';
import { openKeyring } from '@millrace/runtime/keyring.ts';
import type { StartWorkload } from '@millrace/runtime/workload.ts';
import { openVerifier, serveHttp } from '@millrace/runtime/workload.ts';
import type { AnalyticsConfig } from './config.ts';
import { startLive } from './live.ts';
import { liveRoutes } from './live-routes.ts';
import { queryRoutes } from './query-routes.ts';
import { doorRoutes } from './routes.ts';
import { shopRoutes } from './shop-routes.ts';
import { openWarehouse, warehouseOf } from './warehouse.ts';

const burstSeconds = 10;

/** The HTTP side: the doors for events, the sites, the queries and the live stream. */
export const startApi: StartWorkload<AnalyticsConfig> = async (own) => {
  const { config, database, metrics, log, clock, random } = own;
  const warehouse = openWarehouse(warehouseOf(config), 'query');
  const store = await openCache(config, clock);
  const common = { database, metrics, log, clock, signingKeys: openKeyring(own, 'SIGNING_KEY') };
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
