import { expect, it } from 'vitest';
import { orderStates } from '../api/shop-types.ts';
import { mayCancel, progressOf, sayState } from './progress.ts';

const at = (second: number): string => `2026-11-21T10:00:0${second}Z`;
const order = (state: (typeof orderStates)[number]) => ({ state, placedAt: at(0), updatedAt: at(9) });
const drawn = (steps: ReturnType<typeof progressOf>) => steps.map(({ state, kind }) => `${state} ${kind}`);

it('an order on its way has steps behind it and before it', () => {
  const steps = progressOf(order('paid'), [
    { to: 'pending', at: at(1) },
    { to: 'reserved', at: at(2) },
  ]);
  expect(drawn(steps)).toEqual([
    'pending done',
    'reserved done',
    'paid now',
    'confirmed next',
    'shipped next',
    'delivered next',
  ]);
  expect(steps.map((step) => step.at)).toEqual([at(0), at(2), at(9), undefined, undefined, undefined]);
});

it('one that has arrived has nothing left', () => {
  expect(new Set(progressOf(order('delivered'), []).map(({ kind }) => kind))).toEqual(new Set(['done']));
});

it('one that was rejected ends after the last step that it reached', () => {
  expect(drawn(progressOf(order('rejected'), []))).toEqual(['pending done', 'rejected ended']);
  const moves = [
    { to: 'reserved' as const, at: at(2) },
    { to: 'rejected' as const, at: at(3) },
  ];
  const steps = progressOf(order('rejected'), moves);
  expect([drawn(steps), steps.at(-1)?.at]).toEqual([['pending done', 'reserved done', 'rejected ended'], at(3)]);
});

it('one that was cancelled after it was paid shows so', () => {
  const moves = (['reserved', 'paid', 'confirmed', 'cancelled'] as const).map((to, index) => ({ to, at: at(index) }));
  expect(drawn(progressOf(order('cancelled'), moves))).toEqual([
    'pending done',
    'reserved done',
    'paid done',
    'confirmed done',
    'cancelled ended',
  ]);
});

it.each(orderStates)('an order that is %s stands at one place, and says where', (state) => {
  const steps = progressOf(order(state), []);
  expect(steps.filter(({ kind }) => kind === 'now' || kind === 'ended')).toHaveLength(state === 'delivered' ? 0 : 1);
  expect(sayState({ state, isCancelling: false, reason: null })).toMatch(/^[A-Z].*\.$/);
});

it('only what has not left yet can be cancelled, and only once', () => {
  const open = orderStates.filter((state) => mayCancel({ state, isCancelling: false }));
  expect(open).toEqual(['pending', 'reserved', 'paid', 'confirmed']);
  expect(mayCancel({ state: 'confirmed', isCancelling: true })).toBe(false);
});

it.each([
  ['rejected', 'payment-declined', /did not go through/],
  ['rejected', 'something-new', /something new/],
  ['cancelled', 'out-of-stock', /not in stock any more.*went back/],
  ['cancelled', 'cancelled-by-customer', /^You cancelled it/],
  ['cancelled', 'toString', /cancelled \(toString\)/],
] as const)('%s because of %s is explained', (state, reason, words) => {
  expect(sayState({ state, isCancelling: false, reason })).toMatch(words);
});
