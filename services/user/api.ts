import type { StartWorkload } from '@millrace/runtime/workload.ts';
import { openVerifier, serveHttp } from '@millrace/runtime/workload.ts';
import type { UserConfig } from './config.ts';
import { userRoutes } from './routes.ts';
import { openAvatarUploads } from './uploads.ts';

/** The HTTP side. */
export const startApi: StartWorkload<UserConfig> = async (own) => {
  const routes = userRoutes({ ...own, uploads: openAvatarUploads(own) });
  const server = await serveHttp(own, { routes, verifyToken: openVerifier(own.config) });
  return {
    async close() {
      await server.close();
      await own.database.close();
    },
  };
};
