import { systemRandom } from '@millrace/runtime/ports.ts';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Order } from './order.ts';
import { moveOrder } from './order-moves.ts';
import type { OrderState, Trigger } from './saga.ts';
import { allMoves, decide, isEnd, legalMoves, orderStates, triggers } from './saga.ts';
import type { Shop } from './testing/shop.ts';
import { openShop, testSettings } from './testing/shop.ts';
import { walkOrder } from './testing/walk.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

const start: Order = {
  id: '01980000-0000-7000-8000-000000000001',
  userId: '01980000-0000-7000-8000-000000000002',
  state: 'pending',
  withdrawnFrom: null,
  reason: null,
  version: 1,
  total: { amountMinor: 500, currency: 'EUR' },
  address: 'Ring 1',
  paymentToken: 'tok_ok',
  attemptId: null,
  isCharged: false,
  repeats: 0,
  isErased: false,
  correlationId: 'walk',
  placedAt: new Date(0),
  updatedAt: new Date(0),
  dueAt: new Date(20_000),
};
const surroundings = { now: new Date(1_000), settings: testSettings, random: systemRandom };
const anyTrigger = fc.constantFrom(...triggers.filter((trigger) => trigger !== 'place'));

describe('any sequence of triggers', () => {
  it('keeps to the table: its states, its events, one version for each move, and no way out of an end', () => {
    fc.assert(
      fc.property(fc.array(anyTrigger, { maxLength: 40 }), (sequence) => {
        let order = start;
        for (const trigger of sequence) {
          const expected = decide(order.state, trigger);
          const moved = moveOrder(order, { trigger }, surroundings);
          expect(moved.outcome).toBe(expected.outcome);
          if (moved.outcome === 'refused') continue;
          expect(isEnd(order.state)).toBe(false);
          for (const { before, after, trigger: by, event } of moved.changes) {
            const move = legalMoves[before.state][by];
            expect([after.state, event, after.version]).toEqual([move?.to, move?.event, before.version + 1]);
            expect(after.dueAt === null).toBe(isEnd(after.state));
            expect(after.withdrawnFrom !== null).toBe(after.state === 'withdrawing');
          }
          order = moved.order;
          expect(order.state).not.toBe('paid');
        }
      }),
      { numRuns: 2_000 },
    );
  });
  it('I6 ends, once time passes and refunds are answered', () => {
    fc.assert(
      fc.property(fc.array(anyTrigger, { maxLength: 20 }), (sequence) => {
        const state = [...sequence, 'time-passed', 'time-passed', 'time-passed', 'payment-refunded'].reduce(
          (now: Order, trigger) => {
            const moved = moveOrder(now, { trigger: trigger as Trigger }, surroundings);
            return moved.outcome === 'moved' ? moved.order : now;
          },
          start,
        ).state;
        expect(isEnd(state)).toBe(true);
      }),
    );
  });
  it('leaves the same in the database: history, events and state tell one story', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyTrigger, { minLength: 1, maxLength: 7 }), async (sequence) => {
        const { expected, history, published, state } = await walkOrder(shop, sequence);
        expect(history).toEqual(expected);
        expect(published).toEqual(
          expected.filter(({ event }) => event !== null).map(({ event, version }) => `${version} ${event}`),
        );
        expect(state).toBe(expected.at(-1)?.to);
      }),
      { numRuns: 25 },
    );
  }, 240_000);
});

describe('the database', () => {
  const legal = new Set(allMoves().map(({ from, trigger, move }) => `${from} ${trigger} ${move.to}`));
  const put = (id: string, state: OrderState) => ({ id, state });
  it('refuses every move that is not in the table', async () => {
    const { id } = await shop.placed();
    for (const from of orderStates) {
      for (const to of orderStates) {
        for (const trigger of triggers) {
          const isLegal = legal.has(`${from} ${trigger} ${to}`);
          const attempt = forceMove(put(id, from), { to, trigger });
          if (isLegal) await expect(attempt).resolves.toBe('moved');
          else await expect(attempt).rejects.toMatchObject({ constraint_name: 'legal_move' });
        }
      }
    }
  }, 240_000);
  it('refuses a state without a move, a version that is left out, and a start in the middle', async () => {
    const { id } = await shop.placed();
    await shop.reserve(id);
    const { sql } = shop;
    const refused = { constraint_name: 'legal_move' };
    await expect(sql`update shop_order set state = 'rejected', due_at = null where id = ${id}`).rejects.toMatchObject(
      refused,
    );
    await expect(
      sql`update shop_order set state = 'rejected', due_at = null, last_move = 'payment-failed', version = 4 where id = ${id}`,
    ).rejects.toMatchObject(refused);
    await expect(sql`
      insert into shop_order (id, state, last_move, version, total_minor, currency, correlation_id, placed_at, updated_at)
      values (gen_random_uuid(), 'delivered', 'place', 1, 1, 'EUR', 'x', now(), now())`).rejects.toMatchObject(refused);
  });

  /** Puts an order into a state behind the trigger's back, tries a move as any statement could, and takes both back. */
  async function forceMove(order: { id: string; state: OrderState }, move: { to: OrderState; trigger: Trigger }) {
    const undone = new Error('undone');
    const due = (state: OrderState) => (isEnd(state) ? null : new Date());
    const withdrawn = (state: OrderState) => (state === 'withdrawing' ? 'reserved' : null);
    return shop.sql
      .begin(async (tx) => {
        await tx`set local session_replication_role = replica`;
        await tx`
          update shop_order set state = ${order.state}, due_at = ${due(order.state)}, withdrawn_from = ${withdrawn(order.state)}, payment_token = null
          where id = ${order.id}`;
        await tx`set local session_replication_role = origin`;
        await tx`
          update shop_order set state = ${move.to}, last_move = ${move.trigger}, version = version + 1,
            due_at = ${due(move.to)}, withdrawn_from = ${withdrawn(move.to)}
          where id = ${order.id}`;
        throw undone;
      })
      .catch((error: unknown) => {
        if (error === undone) return 'moved';
        throw error;
      });
  }
});
