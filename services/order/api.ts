import type { StartWorkload } from '@millrace/runtime/workload.ts';
import { openVerifier, serveHttp } from '@millrace/runtime/workload.ts';
import type { OrderConfig } from './config.ts';
import { openProductClient } from './product-client.ts';
import { orderRoutes } from './routes.ts';

/** The HTTP side: placing, reading and cancelling orders. */
export const startApi: StartWorkload<OrderConfig> = async (own) => {
  const products = openProductClient(own.config.PRODUCT_URL);
  const verifyToken = openVerifier(own.config);
  const server = await serveHttp(own, { routes: orderRoutes(own, products), verifyToken });
  return {
    async close() {
      await server.close();
      products.close();
      await own.database.close();
    },
  };
};
