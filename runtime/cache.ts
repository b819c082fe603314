import type { z } from 'zod';
import type { cacheConfig, eventConfig } from './config.ts';
import type { Clock } from './ports.ts';
import type { VolatileStore } from './volatile.ts';
import { memoryStore } from './volatile.ts';

type CacheConfig = z.output<typeof cacheConfig> & Pick<z.output<typeof eventConfig>, 'AWS_REGION'>;

/**
 * Opens what the configuration names: a server that all replicas share, or this process's own memory.
 * @throws Error when a replication group is named and no user who could sign in there.
 */
export async function openCache(config: CacheConfig, clock: Clock): Promise<VolatileStore> {
  const { CACHE_URL: url, CACHE_REPLICATION_GROUP: group, AWS_REGION: region } = config;
  if (!url) return memoryStore(clock);
  const { valkeyStore } = await import('./valkey-store.ts');
  if (!group) return valkeyStore({ url }, clock);
  const user = decodeURIComponent(new URL(url).username);
  if (!user) throw new Error('CACHE_URL names no user to sign in with IAM. Write rediss://<user>@<host>:<port>.');
  const { cachePassword } = await import('./iam-token.ts');
  return valkeyStore({ url, password: cachePassword({ group, user, region }) }, clock);
}
