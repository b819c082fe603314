import { randomInt, randomUUID } from 'node:crypto';
import postgres from 'postgres';

/** What customers of a bench order, and where it goes. */
export const address = {
  name: 'Ada Archer',
  street: 'Mill Lane 4',
  city: 'Bath',
  postalCode: 'BA1 5LT',
  country: 'GB',
};

/** So many products of which order keeps a copy, sold in one currency and never out of stock. */
export async function fillProductCopy(databaseUrl: string, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  const sql = postgres(databaseUrl, { max: 1 });
  await sql`
    insert into product_copy (product_id, version, name, price_minor, currency, is_active, available)
    select id, 1, 'A thing of the bench number ' || position, 100 + position, 'EUR', true, 2000000000
    from unnest(${ids}::uuid[]) with ordinality as wanted (id, position)`;
  await sql`analyze product_copy`;
  await sql.end();
  return ids;
}

/** One to five lines of different products. */
export function cartOf(productIds: readonly string[]): { productId: string; quantity: number }[] {
  const wanted = new Set<string>();
  for (let line = randomInt(1, 6); line > 0; line -= 1) wanted.add(pick(productIds));
  return [...wanted].map((productId) => ({ productId, quantity: randomInt(1, 4) }));
}

/** The body of an order that will be paid. */
export const orderOf = (productIds: readonly string[]): string =>
  JSON.stringify({ items: cartOf(productIds), address, paymentToken: 'tok_ok' });

/** Any of these. */
export function pick<Value>(values: readonly Value[]): Value {
  const value = values[randomInt(values.length)];
  if (value === undefined) throw new Error('There is nothing to pick from.');
  return value;
}
