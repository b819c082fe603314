import { describe, expect, test } from 'vitest';
import { createAddressPlan } from './address-plan.ts';

const any = { name: 'dev-any', selectors: [], zones: ['a', 'b', 'c'] };
const inB = { name: 'dev-zone-b', selectors: [], zones: ['b'] };

describe('zones and addresses', () => {
  test('go round, and each zone has a subnet of its own', () => {
    const plan = createAddressPlan();
    expect([plan.next(any), plan.next(any), plan.next(any), plan.next(any)]).toEqual([
      { zone: 'a', address: '10.0.0.10' },
      { zone: 'b', address: '10.0.32.10' },
      { zone: 'c', address: '10.0.64.10' },
      { zone: 'a', address: '10.0.0.11' },
    ]);
  });

  test('of a profile with one zone are always that zone’s', () => {
    const plan = createAddressPlan();
    expect([plan.next(inB).zone, plan.next(inB).zone]).toEqual(['b', 'b']);
  });

  test('go on after those that are found in use', () => {
    const plan = createAddressPlan();
    plan.take('10.0.0.10', 'dev-any');
    plan.take('10.0.0.12', 'dev-any');
    plan.take('10.0.0.12', 'dev-any');
    expect(plan.next(any)).toEqual({ zone: 'c', address: '10.0.64.10' });
    expect(plan.next(any)).toEqual({ zone: 'a', address: '10.0.0.13' });
  });

  test('are not handed out again at once', () => {
    const plan = createAddressPlan();
    const { address } = plan.next(inB);
    plan.giveBack(address);
    expect(plan.next(inB).address).not.toBe(address);
  });

  test('end when a subnet is full, and not in a loop', () => {
    const plan = createAddressPlan();
    const addresses = new Set(Array.from({ length: 32 * 240 }, () => plan.next(inB).address));
    expect(addresses.size).toBe(32 * 240);
    expect(() => plan.next(inB)).toThrow('zone b has no free address');
    plan.giveBack('10.0.40.200');
    expect(plan.next(inB).address).toBe('10.0.40.200');
  });
});
