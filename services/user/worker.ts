import { openBroker, startOwnRelay, startSubscriptions } from '@millrace/runtime/subscriptions.ts';
import type { StartWorkload } from '@millrace/runtime/workload.ts';
import { serveHttp } from '@millrace/runtime/workload.ts';
import type { UserConfig } from './config.ts';
import { userReactions } from './events.ts';
import { startObjectRemoval } from './object-removal.ts';
import { openAvatarUploads } from './uploads.ts';

/** Hears of orders and uploads, publishes what was committed, and takes old pictures away. */
export const startWorker: StartWorkload<UserConfig> = async (own) => {
  const uploads = openAvatarUploads(own);
  const broker = openBroker(own.config);
  const server = await serveHttp(own);
  const relay = startOwnRelay(own, broker);
  const subscriptions = startSubscriptions(own, broker, userReactions({ ...own, uploads }));
  const removal = startObjectRemoval({ ...own, uploads });
  return {
    async close() {
      await subscriptions.close();
      await removal.close();
      await relay.close();
      await Promise.all([server.close(), broker.close(), own.database.close()]);
    },
  };
};
