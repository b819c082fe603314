import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LoyaltyEntry, LoyaltyState, OrderNews } from './loyalty.ts';
import { hear, pointsOf } from './loyalty.ts';
import type { Life, OrderEventName } from './testing/order-events.ts';
import { lives, versions } from './testing/order-events.ts';

const states: Record<OrderEventName, LoyaltyState> = {
  OrderPlaced: 'pending',
  OrderConfirmed: 'granted',
  OrderRejected: 'taken-back',
  OrderCancelled: 'taken-back',
};
const knowsTotal = (name: OrderEventName): boolean => name === 'OrderPlaced' || name === 'OrderConfirmed';

const news = (name: OrderEventName, points = 7): OrderNews => ({
  orderId: 'o',
  userId: 'u',
  state: states[name],
  points: knowsTotal(name) ? points : undefined,
  version: versions[name],
  at: new Date(versions[name] * 1_000),
});
const fresh: LoyaltyEntry = { ...news('OrderPlaced'), points: undefined, version: 0, at: new Date(0) };

const hearAll = (names: readonly OrderEventName[]): LoyaltyEntry =>
  names.reduce<LoyaltyEntry>((entry, name) => {
    const effect = hear(entry, news(name));
    return effect.outcome === 'applied' ? effect.entry : entry;
  }, fresh);

test.each([
  [0, 0],
  [99, 0],
  [100, 1],
  [12_345, 123],
  [Number.MAX_SAFE_INTEGER, 90_071_992_547_409],
])('%i minor units are %i points in any currency', (amountMinor, points) => {
  for (const currency of ['EUR', 'JPY'] as const) expect(pointsOf({ amountMinor, currency })).toBe(points);
});

test('I8 any shuffle of an order with any duplicates gives the same entry', () => {
  const shuffled = fc.constantFrom(...(Object.keys(lives) as Life[])).chain((life) => {
    const names = lives[life];
    const extra = fc.array(fc.constantFrom(...names), { maxLength: 8 });
    const deliveries = extra.chain((more) => {
      const all = [...names, ...more];
      return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });
    });
    return deliveries.map((order) => ({ life, order }));
  });
  fc.assert(
    fc.property(shuffled, ({ life, order }) => {
      expect(hearAll(order)).toEqual(hearAll(lives[life]));
    }),
    { numRuns: 2_000 },
  );
});

describe('an entry', () => {
  test('that heard of the cancellation first learns its points from the placement', () => {
    expect(hearAll(['OrderCancelled', 'OrderPlaced'])).toMatchObject({ state: 'taken-back', points: 7, version: 6 });
  });
  test('does not take another total or another owner', () => {
    expect(hear(hearAll(['OrderPlaced']), news('OrderConfirmed', 8))).toEqual({ outcome: 'differs' });
    expect(hear(hearAll(['OrderPlaced']), { ...news('OrderConfirmed'), userId: 'x' })).toEqual({ outcome: 'differs' });
  });
  test('is not changed by what it knows', () => {
    for (const name of ['OrderPlaced', 'OrderConfirmed'] as const) {
      expect(hear(hearAll(lives.kept), news(name))).toEqual({ outcome: 'stale' });
    }
  });
});
