import { environmentNames } from '@millrace/catalog/environments.ts';
import { builtPrices } from '@millrace/catalog/prices.ts';
import { describe, expect, it } from 'vitest';
import { builtCost, priced } from './built-cost.ts';

describe('what Terraform builds', () => {
  it('costs its price for every hour of a month, or for the month, and the load balancer with its addresses besides', () => {
    const cost = priced(
      {
        natGatewayHour: { least: 3, most: 3 },
        publicAddressHour: { least: 3, most: 3 },
        keyMonth: { least: 20, most: 20 },
      },
      'prod',
    );
    expect(cost.lines.map(({ words, least, minCents }) => `${words} ${least} ${minCents}`)).toEqual([
      'NAT gateways 3 9855',
      'public IPv4 addresses 6 2190',
      'keys 20 2000',
      'load balancer (the controller makes it) 1 1643',
    ]);
    expect([cost.minCents, cost.maxCents]).toEqual([15_688, 15_688]);
  });

  it('has a range where something scales or sleeps', () => {
    const { lines } = priced(
      { auroraAcuHour: { least: 2, most: 8 }, redshiftRpuHour: { least: 0, most: 100 } },
      'prod',
    );
    const of = (name: string) => lines.find((line) => line.name === name);
    expect(of('auroraAcuHour')).toMatchObject({ minCents: 17_520, maxCents: 70_080 });
    expect(of('redshiftRpuHour')).toMatchObject({ minCents: 0, maxCents: 3_750 });
  });

  it('is refused without a price', () => {
    expect(() => priced({ 'cacheNodeHour cache.z9.huge': { least: 1, most: 1 } }, 'dev')).toThrow(
      'cacheNodeHour cache.z9.huge has no price',
    );
  });

  it('is written down for every environment, and each of its prices has a day and a source', () => {
    for (const environment of environmentNames) expect(builtCost(environment)?.minCents).toBeGreaterThan(10_000);
    for (const price of Object.values(builtPrices)) {
      expect(price.asOf).toMatch(/^\d{4}-\d{2}-\d{2}$/);
      expect(price.source.length).toBeGreaterThan(20);
    }
  });

  it('is not known where the file is missing', () => {
    expect(builtCost('dev', import.meta.dirname)).toBeUndefined();
  });
});
