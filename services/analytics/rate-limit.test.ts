import { systemClock } from '@millrace/runtime/ports.ts';
import { memoryStore } from '@millrace/runtime/volatile.ts';
import { describe, expect, it } from 'vitest';
import { addressPrefix, takeOrRefuse } from './rate-limit.ts';

describe('the network of an address', () => {
  it.each([
    ['192.0.2.77', '192.0.2.0/24'],
    ['2001:db8:1:2ff:1:2:3:4', '2001:db8:1:200::/56'],
    ['2001:db8:1:2aa::1', '2001:db8:1:200::/56'],
    ['2001:db8:1:300::1', '2001:db8:1:300::/56'],
    ['::1', '0:0:0:0::/56'],
    ['2001:DB8::', '2001:db8:0:0::/56'],
    ['fe80::1%eth0', 'fe80:0:0:0::/56'],
  ])('of %s is %s', (address, prefix) => {
    expect(addressPrefix(address)).toBe(prefix);
  });
});

describe('a rate', () => {
  const rate = { burst: 5, perSecond: 0.01 };
  it('lets a burst through and then says when to come again', async () => {
    const store = memoryStore(systemClock);
    const take = () => takeOrRefuse(store, { key: 'a', rate, cost: 2, onStoreFault: () => undefined });
    await take();
    await take();
    await expect(take()).rejects.toMatchObject({
      status: 429,
      slug: 'rate-limited',
      headers: {
        'retry-after': expect.stringMatching(/^\d+$/),
        'ratelimit-limit': '5',
        'ratelimit-remaining': '1',
        'ratelimit-reset': expect.stringMatching(/^\d+$/),
      },
    });
  });
  it('limits nobody while the store does not answer', async () => {
    const faults: unknown[] = [];
    const store = { ...memoryStore(systemClock), take: () => Promise.reject(new Error('gone')) };
    await takeOrRefuse(store, { key: 'a', rate, cost: 2, onStoreFault: (error) => faults.push(error) });
    expect(faults).toHaveLength(1);
  });
});
