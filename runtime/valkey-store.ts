import type { Clock } from './ports.ts';
import type { ValkeyTarget } from './valkey-connection.ts';
import { connectValkey, isReplica } from './valkey-connection.ts';
import type { VolatileStore } from './volatile.ts';

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
export function valkeyStore(target: ValkeyTarget, clock: Clock): VolatileStore {
  const connection = connectValkey(target);
  const { client } = connection;
  const answer = async <Value>(command: Promise<Value>): Promise<Value> => {
    try {
      return await command;
    } catch (error) {
      // What the server says of a command on a connection that works is a fault of ours.
      const isAnswer = (error as Error).name === 'ReplyError' && !isReplica(error as Error);
      if (connection.fault() === undefined && isAnswer) throw error;
      const cause = connection.fault() ?? error;
      throw new DOMException('The cache does not answer.', { name: 'TimeoutError', cause });
    }
  };
  return {
    get: async (key) => (await answer(client.get(key))) ?? undefined,
    set: async (key, value, lifetimeMs) => {
      await answer(client.set(key, value, 'PX', lifetimeMs));
    },
    setIfAbsent: async (key, value, lifetimeMs) => {
      const standing = await answer(client.set(key, value, 'PX', lifetimeMs, 'NX', 'GET'));
      return standing ?? value;
    },
    delete: async (key) => {
      await answer(client.del(key));
    },
    take: async (bucket, cost) => {
      const settings = [bucket.capacity, bucket.refillPerSecond, cost, clock.now().getTime()];
      const taken = (await answer(client.eval(takeScript, 1, `bucket:${bucket.key}`, ...settings))) as number[];
      const allowed = taken[0] === 1;
      return { allowed, remaining: taken[1] ?? 0, retryAfterMs: allowed ? 0 : (taken[2] ?? 0) };
    },
    isReady: async () => {
      await answer(client.ping());
    },
    close: () => connection.close(),
  };
}
