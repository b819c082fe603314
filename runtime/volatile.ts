import type { Clock } from './ports.ts';

/** A token bucket: `capacity` at once, `refillPerSecond` after that. */
export interface Bucket {
  key: string;
  capacity: number;
  refillPerSecond: number;
}

export interface BucketState {
  allowed: boolean;
  remaining: number;
  retryAfterMs: number;
}

/**
 * What must not be durable: visitor salts, sessions, rate-limit counters that replicas share.
 * Losing it starts a new visitor day and a new login, and nothing else.
 */
export interface VolatileStore {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string, lifetimeMs: number): Promise<void>;
  /** Sets the value unless there is one, and gives back the one that stands. */
  setIfAbsent(key: string, value: string, lifetimeMs: number): Promise<string>;
  delete(key: string): Promise<void>;
  /** Takes `cost` from a bucket. */
  take(bucket: Bucket, cost: number): Promise<BucketState>;
  isReady(): Promise<void>;
  close(): Promise<void>;
}

const maxEntries = 100_000;

/** Takes from a bucket whose last state is known; the law that both stores follow. Times in milliseconds. */
export function takeFrom(
  last: { level: number; atMs: number } | undefined,
  request: { bucket: Bucket; cost: number; nowMs: number },
): { state: BucketState; level: number } {
  const { bucket, cost, nowMs } = request;
  const elapsedSeconds = Math.max(0, nowMs - (last?.atMs ?? nowMs)) / 1000;
  const level = Math.min(bucket.capacity, (last?.level ?? bucket.capacity) + elapsedSeconds * bucket.refillPerSecond);
  if (level < cost) {
    const retryAfterMs = Math.ceil(((cost - level) / bucket.refillPerSecond) * 1000);
    return { level, state: { allowed: false, remaining: Math.floor(level), retryAfterMs } };
  }
  return { level: level - cost, state: { allowed: true, remaining: Math.floor(level - cost), retryAfterMs: 0 } };
}

/** Keeps everything in this process; bounded: the oldest entries go first. */
export function memoryStore(clock: Clock): VolatileStore {
  const values = new Map<string, { value: string; expiresAtMs: number }>();
  const buckets = new Map<string, { level: number; atMs: number }>();
  const nowMs = () => clock.now().getTime();
  const read = (key: string): string | undefined => {
    const entry = values.get(key);
    if (entry && entry.expiresAtMs > nowMs()) return entry.value;
    values.delete(key);
    return undefined;
  };
  const write = (key: string, value: string, lifetimeMs: number): void => {
    evictOldest(values);
    values.set(key, { value, expiresAtMs: nowMs() + lifetimeMs });
  };
  return {
    get: async (key) => read(key),
    set: async (key, value, lifetimeMs) => write(key, value, lifetimeMs),
    setIfAbsent: async (key, value, lifetimeMs) => {
      const standing = read(key);
      if (standing !== undefined) return standing;
      write(key, value, lifetimeMs);
      return value;
    },
    delete: async (key) => {
      values.delete(key);
    },
    take: async (bucket, cost) => {
      const now = nowMs();
      const { state, level } = takeFrom(buckets.get(bucket.key), { bucket, cost, nowMs: now });
      buckets.delete(bucket.key);
      evictOldest(buckets);
      buckets.set(bucket.key, { level, atMs: now });
      return state;
    },
    isReady: async () => undefined,
    close: async () => {
      values.clear();
      buckets.clear();
    },
  };
}

function evictOldest(map: Map<string, unknown>): void {
  if (map.size < maxEntries) return;
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}
