import { shapesInCode, shapesInDatabase } from '@millrace/runtime/testing/schema-shape.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allMoves } from './saga.ts';
import * as schema from './schema.ts';
import type { Shop } from './testing/shop.ts';
import { openShop } from './testing/shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

describe('the database', () => {
  it('has the tables that the code believes in, and no other', async () => {
    expect(await shapesInDatabase(shop.sql)).toEqual(shapesInCode(schema));
  });
  it('holds the same table of moves as the code', async () => {
    const rows = await shop.sql`select from_state as "from", move, to_state as "to", event from legal_move`;
    const inCode = allMoves().map(({ from, trigger, move }) => ({
      from,
      move: trigger,
      to: move.to,
      event: move.event,
    }));
    const sorted = (moves: readonly object[]) => moves.map((move) => JSON.stringify(move)).sort();
    expect(sorted(rows.map((row) => ({ ...row })))).toEqual(sorted(inCode));
  });
});
