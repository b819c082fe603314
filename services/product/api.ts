import type { StartWorkload } from '@millrace/runtime/workload.ts';
import { openVerifier, serveHttp } from '@millrace/runtime/workload.ts';
import type { ProductConfig } from './config.ts';
import { apiRoutes } from './routes.ts';

/** The HTTP side: products, stock, images and recommendations. */
export const startApi: StartWorkload<ProductConfig> = async (own) => {
  const server = await serveHttp(own, { routes: apiRoutes(own), verifyToken: openVerifier(own.config) });
  return {
    async close() {
      await server.close();
      await own.database.close();
    },
  };
};
