import type { DataOf } from '@millrace/catalog/event.ts';
import type { ProductChanged } from '@millrace/catalog/events/product.ts';
import type postgres from 'postgres';

/** A product as its service says that it is, with the version of which that was true. */
export type ProductFact = DataOf<typeof ProductChanged> & { version: number };

/**
 * Writes down what is known of products, at most one fact for each.
 * `newer` facts are taken when their version is above the one that is known (events), `current` ones also when it is the same:
 * the product's own API has just said so, and its stock changes without a version.
 * @returns how many were taken; the rest was older.
 */
export async function keepProducts(
  sql: postgres.ISql,
  facts: readonly ProductFact[],
  kind: 'newer' | 'current',
): Promise<number> {
  if (facts.length === 0) return 0;
  // In one order everywhere, so that two writers of the same products do not deadlock.
  const sorted = facts.toSorted((one, other) => (one.productId < other.productId ? -1 : 1));
  const column = <Value>(pick: (fact: ProductFact) => Value): Value[] => sorted.map(pick);
  const kept = await sql`
    insert into product_copy as known (product_id, version, name, price_minor, currency, is_active, available)
    select * from unnest(
      ${column(({ productId }) => productId)}::uuid[],
      ${column(({ version }) => version)}::bigint[],
      ${column(({ name }) => name)}::text[],
      ${column(({ price }) => price.amountMinor)}::bigint[],
      ${column(({ price }) => price.currency)}::text[],
      ${column(({ isActive }) => String(isActive))}::text[]::boolean[],
      ${column(({ available }) => Math.min(available, 2_147_483_647))}::integer[])
    on conflict (product_id) do update set
      version = excluded.version, name = excluded.name, price_minor = excluded.price_minor, currency = excluded.currency,
      is_active = excluded.is_active, available = excluded.available
    where excluded.version > known.version or (${kind === 'current'} and excluded.version = known.version)`;
  return kept.count;
}

/** What is known of these products. */
export async function findProducts(sql: postgres.ISql, ids: readonly string[]): Promise<Map<string, ProductFact>> {
  const rows = await sql<
    {
      productId: string;
      version: string;
      name: string;
      priceMinor: string;
      currency: ProductFact['price']['currency'];
      isActive: boolean;
      available: number;
    }[]
  >`
    select product_id as "productId", version, name, price_minor as "priceMinor", currency, is_active as "isActive", available
    from product_copy where product_id = any(${[...ids]}::uuid[])`;
  return new Map(
    rows.map(({ version, priceMinor, currency, ...rest }) => [
      rest.productId,
      { ...rest, version: Number(version), price: { amountMinor: Number(priceMinor), currency } },
    ]),
  );
}
