import type { KeyObject } from 'node:crypto';
import { createSecretKey } from 'node:crypto';
import type { Clock } from '@millrace/runtime/ports.ts';
import { systemRandom } from '@millrace/runtime/ports.ts';
import { memoryStore } from '@millrace/runtime/volatile.ts';
import { describe, expect, it } from 'vitest';
import { visitorId, visitorSalts } from './visitor.ts';

const visitor = { siteId: '0190b5f0-0000-7000-8000-000000000001', address: '192.0.2.7', userAgent: 'Firefox' };
const hourMs = 3_600_000;
const hex = (salt: KeyObject) => salt.export().toString('hex');

function movingClock(): Clock & { hours: number } {
  const start = Date.UTC(2026, 2, 4, 12);
  return {
    hours: 0,
    now() {
      return new Date(start + this.hours * hourMs);
    },
  };
}

describe('a visitor', () => {
  it('has 64 bits that differ by site, address, user agent and salt', () => {
    const salt = createSecretKey(systemRandom.bytes(32));
    const id = visitorId(salt, visitor);
    expect(id).toMatch(/^[0-9a-f]{16}$/);
    expect(visitorId(salt, { ...visitor })).toBe(id);
    const others = [
      visitorId(salt, { ...visitor, siteId: '0190b5f0-0000-7000-8000-000000000002' }),
      visitorId(salt, { ...visitor, address: '192.0.2.8' }),
      visitorId(salt, { ...visitor, userAgent: 'Safari' }),
      visitorId(createSecretKey(systemRandom.bytes(32)), visitor),
    ];
    expect(new Set([id, ...others]).size).toBe(5);
  });
});

describe('the salt of a day', () => {
  it('is 32 random bytes, the same for all replicas and all requests of the day', async () => {
    const clock = movingClock();
    const store = memoryStore(clock);
    const parts = { store, clock, random: systemRandom, onStoreFault: () => undefined };
    const [one, two] = [visitorSalts(parts), visitorSalts(parts)];
    const salts = await Promise.all([one.of('2026-03-04'), one.of('2026-03-04'), two.of('2026-03-04')]);
    expect(salts.map(hex)).toEqual([hex(salts[0]), hex(salts[0]), hex(salts[0])]);
    expect(salts[0].symmetricKeySize).toBe(32);
    expect(hex(await two.of('2026-03-05'))).not.toBe(hex(salts[0]));
  });
  it('is gone after 48 hours, from the store and from this process', async () => {
    const clock = movingClock();
    const store = memoryStore(clock);
    const salts = visitorSalts({ store, clock, random: systemRandom, onStoreFault: () => undefined });
    const first = await salts.of('2026-03-04');
    clock.hours = 47.9;
    expect(hex(await salts.of('2026-03-04'))).toBe(hex(first));
    clock.hours = 48.1;
    expect(hex(await salts.of('2026-03-04'))).not.toBe(hex(first));
  });
  it('dies 48 hours after it was made, not after this process learnt it', async () => {
    const clock = movingClock();
    const store = memoryStore(clock);
    const parts = { store, clock, random: systemRandom, onStoreFault: () => undefined };
    const first = await visitorSalts(parts).of('2026-03-04');
    clock.hours = 40;
    const late = visitorSalts(parts);
    expect(hex(await late.of('2026-03-04'))).toBe(hex(first));
    clock.hours = 48.1;
    expect(hex(await late.of('2026-03-04'))).not.toBe(hex(first));
  });
  it('is made here while the store does not answer, and that is reported', async () => {
    const clock = movingClock();
    const faults: unknown[] = [];
    const broken = { ...memoryStore(clock), setIfAbsent: () => Promise.reject(new Error('gone')) };
    const salts = visitorSalts({
      store: broken,
      clock,
      random: systemRandom,
      onStoreFault: (error) => faults.push(error),
    });
    const first = await salts.of('2026-03-04');
    expect(hex(await salts.of('2026-03-04'))).toBe(hex(first));
    expect(faults).toHaveLength(1);
  });
});
