import type { StartWorkload } from '@millrace/runtime/workload.ts';
import { openVerifier, serveHttp } from '@millrace/runtime/workload.ts';
import type { NotificationConfig } from './config.ts';
import { startLive } from './live.ts';
import { notificationRoutes } from './routes.ts';

/** The HTTP side: everybody's own notices and the live stream. */
export const startApi: StartWorkload<NotificationConfig> = async (own) => {
  const live = await startLive(own);
  const verifyToken = openVerifier(own.config);
  const server = await serveHttp(own, { routes: notificationRoutes(own, live), verifyToken });
  return {
    close: async () => {
      // Streams first: the server waits for what is open.
      await live.close();
      await server.close();
      await own.database.close();
    },
  };
};
