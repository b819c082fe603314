import type { KeyObject } from 'node:crypto';
import { createHmac, createSecretKey } from 'node:crypto';
import type { Clock, Random } from '@millrace/runtime/ports.ts';
import type { VolatileStore } from '@millrace/runtime/volatile.ts';

const saltBytes = 32;
const saltLifeMs = 48 * 3_600_000;
const cachedDays = 400;

/** Names a visitor of one site for one UTC day: 64 bits that nobody can compute again once the salt is gone. */
export function visitorId(salt: KeyObject, visitor: { siteId: string; address: string; userAgent: string }): string {
  return createHmac('sha256', salt)
    .update(`${visitor.siteId}\0${visitor.address}\0${visitor.userAgent}`)
    .digest('hex')
    .slice(0, 16);
}

export interface VisitorSalts {
  /** The salt of a UTC day, `2026-01-31`. */
  of(day: string): Promise<KeyObject>;
}

/**
 * Keeps the random salt of each day in the volatile store, 48 hours from its making, and in this process no longer.
 * A store that does not answer must not stop the counting: then this process uses a salt of its own, which splits
 * that day's visitors between replicas and nothing else.
 */
export function visitorSalts(parts: {
  store: VolatileStore;
  clock: Clock;
  random: Random;
  onStoreFault: (error: unknown) => void;
}): VisitorSalts {
  const cache = new Map<string, { salt: Promise<KeyObject>; diesAtMs: number }>();
  return {
    of(day) {
      const nowMs = parts.clock.now().getTime();
      const cached = cache.get(day);
      if (cached && cached.diesAtMs > nowMs) return cached.salt;
      for (const [old, entry] of cache) if (entry.diesAtMs <= nowMs || cache.size >= cachedDays) cache.delete(old);
      const agreement = agreeOnSalt(day, { ...parts, nowMs });
      const entry = { salt: agreement.then((agreed) => agreed.salt), diesAtMs: nowMs + saltLifeMs };
      cache.set(day, entry);
      void agreement.then((agreed) => {
        entry.diesAtMs = agreed.diesAtMs;
      });
      return entry.salt;
    },
  };
}

// A key object is read once; bytes would be read again for every visitor, which costs five times the HMAC.
const keyOf = (salt: string): KeyObject => createSecretKey(Buffer.from(salt, 'base64url'));

const retryStoreMs = 30_000;

async function agreeOnSalt(
  day: string,
  parts: { store: VolatileStore; random: Random; nowMs: number; onStoreFault: (error: unknown) => void },
): Promise<{ salt: KeyObject; diesAtMs: number }> {
  const own = Buffer.from(parts.random.bytes(saltBytes)).toString('base64url');
  try {
    const kept = await parts.store.setIfAbsent(`visitor-salt:${day}`, `${parts.nowMs}.${own}`, saltLifeMs);
    const [madeAtMs = '', salt = ''] = kept.split('.');
    return { salt: keyOf(salt), diesAtMs: Number(madeAtMs) + saltLifeMs };
  } catch (error) {
    parts.onStoreFault(error);
    return { salt: keyOf(own), diesAtMs: parts.nowMs + retryStoreMs };
  }
}
