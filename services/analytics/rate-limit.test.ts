import { randomUUID } from 'node:crypto';
import { systemClock } from '@millrace/runtime/ports.ts';
import { memoryStore } from '@millrace/runtime/volatile.ts';
import { describe, expect, it } from 'vitest';
import { addressPrefix, takeOrRefuse } from './rate-limit.ts';
import { addSite, browser, openDoors } from './testing/doors.ts';

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

describe('a flood', () => {
  it('B41 is told when to come again, and others are not', async () => {
    const limited = await openDoors({
      rates: { site: { burst: 1_000, perSecond: 1 }, address: { burst: 3, perSecond: 0.01 } },
    });
    const key = await addSite(limited);
    const from = (address: string) =>
      limited.app.request('/api/analytics/collect', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': browser, 'x-forwarded-for': address },
        body: JSON.stringify({
          site: key,
          events: [{ id: randomUUID(), type: 'pageview', url: 'https://example.com/' }],
        }),
      });
    const statuses: number[] = [];
    for (const last of [1, 2, 3, 4]) statuses.push((await from(`192.0.2.${last}`)).status);
    expect(statuses).toEqual([202, 202, 202, 429]);
    const refused = await from('192.0.2.200');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(refused.headers.get('ratelimit-limit')).toBe('3');
    expect((await from('198.51.100.1')).status).toBe(202);
    await limited.close();
  });
});
