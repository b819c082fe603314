import { Redis } from 'iovalkey';
import type { Clock } from './ports.ts';
import type { VolatileStore } from './volatile.ts';

const commandTimeoutMs = 500;
const connectTimeoutMs = 2_000;

// The law of takeFrom in volatile.ts, run where the counter is so that replicas share it.
const takeScript = `
local last = redis.call('HMGET', KEYS[1], 'level', 'at')
local capacity, refill, cost, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local elapsed = math.max(0, now - (tonumber(last[2]) or now)) / 1000
local level = math.min(capacity, (tonumber(last[1]) or capacity) + elapsed * refill)
local allowed = level >= cost and 1 or 0
if allowed == 1 then level = level - cost end
redis.call('HSET', KEYS[1], 'level', tostring(level), 'at', tostring(now))
redis.call('PEXPIRE', KEYS[1], math.ceil(capacity / refill * 1000) + 1000)
return {allowed, math.floor(level), math.ceil((cost - level) / refill * 1000)}
`;

/** Keeps everything in Valkey or Redis, where every replica sees it. The server must take no snapshots. */
export function valkeyStore(url: string, clock: Clock): VolatileStore {
  const client = new Redis(url, {
    commandTimeout: commandTimeoutMs,
    connectTimeout: connectTimeoutMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    retryStrategy: (attempt) => Math.min(attempt * 100, 2_000),
  });
  client.on('error', () => undefined); // Every command that fails says so to its caller.
  const get = async (key: string): Promise<string | undefined> => (await client.get(key)) ?? undefined;
  return {
    get,
    set: async (key, value, lifetimeMs) => {
      await client.set(key, value, 'PX', lifetimeMs);
    },
    setIfAbsent: async (key, value, lifetimeMs) => {
      const standing = await client.set(key, value, 'PX', lifetimeMs, 'NX', 'GET');
      return standing ?? value;
    },
    delete: async (key) => {
      await client.del(key);
    },
    take: async (bucket, cost) => {
      const settings = [bucket.capacity, bucket.refillPerSecond, cost, clock.now().getTime()];
      const answer = (await client.eval(takeScript, 1, `bucket:${bucket.key}`, ...settings)) as number[];
      const allowed = answer[0] === 1;
      return { allowed, remaining: answer[1] ?? 0, retryAfterMs: allowed ? 0 : (answer[2] ?? 0) };
    },
    isReady: async () => {
      await client.ping();
    },
    close: async () => {
      client.disconnect();
    },
  };
}
