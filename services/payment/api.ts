import type { StartWorkload } from '@millrace/runtime/workload.ts';
import { openVerifier, serveHttp } from '@millrace/runtime/workload.ts';
import type { PaymentConfig } from './config.ts';
import { routes } from './routes.ts';

/** The HTTP side: what people see of their payments, and the provider's door. */
export const startApi: StartWorkload<PaymentConfig> = async (own) => {
  const server = await serveHttp(own, { routes: routes(own), verifyToken: openVerifier(own.config) });
  return {
    async close() {
      await server.close();
      await own.database.close();
    },
  };
};
