import type { Database, Transaction } from '@millrace/runtime/database.ts';
import { sqlOf } from '@millrace/runtime/database.ts';
import type { SQL } from 'drizzle-orm';
import { and, asc, desc, eq, inArray, sql } from 'drizzle-orm';
import type { ProductRow } from './product.ts';
import { productTable, stockMovementTable, stockTable } from './schema.ts';
import type { SearchTerms } from './search.ts';

type Handle = Database['db'] | Transaction;

const columns = {
  id: productTable.id,
  name: productTable.name,
  description: productTable.description,
  priceMinor: productTable.priceMinor,
  currency: productTable.currency,
  isActive: productTable.isActive,
  imageKey: productTable.imageKey,
  version: productTable.version,
  createdAt: productTable.createdAt,
  updatedAt: productTable.updatedAt,
  available: stockTable.available,
};

/** A product in a list, with its place: by relevance where something was searched for, then the newest first. */
export interface ListedProduct extends ProductRow {
  rank: number;
}

interface ProductPage {
  terms: SearchTerms | undefined;
  hasRetired: boolean;
  after: { rank: number; id: string } | undefined;
  limit: number;
}

/** A page of products. */
export async function listProducts(db: Handle, page: ProductPage): Promise<ListedProduct[]> {
  const { terms, hasRetired, after, limit } = page;
  const query = terms && queryOf(terms);
  const rank = query && terms ? rankOf(query, terms) : sql<number>`0`;
  const rest =
    after &&
    (query
      ? sql`(${rank}, ${productTable.id}) < (${after.rank}::integer, ${after.id}::uuid)`
      : sql`${productTable.id} < ${after.id}::uuid`);
  return db
    .select({ ...columns, rank })
    .from(productTable)
    .innerJoin(stockTable, eq(stockTable.productId, productTable.id))
    .where(and(hasRetired ? undefined : productTable.isActive, query && sql`${productTable.search} @@ ${query}`, rest))
    .orderBy(...(query ? [desc(rank)] : []), desc(productTable.id))
    .limit(limit);
}

/** Words by their stems or as they stand, or all but the last, which only begins so. */
function queryOf({ whole, typing, isPlain }: SearchTerms): SQL {
  const stems = sql`websearch_to_tsquery('english', ${whole})`;
  const asTheyStand = isPlain ? sql`|| websearch_to_tsquery('simple', ${whole})` : sql``;
  const typed = typing
    ? sql`|| (websearch_to_tsquery('english', ${typing.before}) && to_tsquery('simple', ${`'${typing.start}':*`}))`
    : sql``;
  return sql`(${stems} ${asTheyStand} ${typed})`;
}

/** Millionths, so that a cursor can say it exactly. A product that is called just so comes first. */
function rankOf(query: SQL, { whole }: SearchTerms): SQL<number> {
  const isName = sql`(${productTable.nameKey} = lower(${whole}))::integer`;
  return sql<number>`((ts_rank(${productTable.search}, ${query}) + ${isName}) * 1000000)::integer`;
}

/** These products, in no order. */
export async function readProducts(db: Handle, ids: readonly string[]): Promise<ProductRow[]> {
  if (ids.length === 0) return [];
  return db
    .select(columns)
    .from(productTable)
    .innerJoin(stockTable, eq(stockTable.productId, productTable.id))
    .where(inArray(productTable.id, [...ids]))
    .orderBy(asc(productTable.id));
}

/** Whatever it is in: on sale or retired. */
export async function findProduct(db: Handle, id: string): Promise<ProductRow | undefined> {
  return (await readProducts(db, [id]))[0];
}

/** Stores a new product with its first stock. */
export async function addProduct(tx: Transaction, row: ProductRow): Promise<void> {
  const { available, ...facts } = row;
  await tx.insert(productTable).values(facts);
  await tx.insert(stockTable).values({ productId: row.id, available });
  if (available === 0) return;
  await tx
    .insert(stockMovementTable)
    .values({ at: row.createdAt, productId: row.id, quantity: available, kind: 'initial' });
}

/** Stores what an operator changed, with the next version. The stock's row is locked. */
export async function changeProduct(tx: Transaction, row: ProductRow): Promise<void> {
  const { name, description, priceMinor, currency, isActive, version, updatedAt } = row;
  const next = { name, description, priceMinor, currency, isActive, version, updatedAt };
  await tx.update(productTable).set(next).where(eq(productTable.id, row.id));
}

/** Adds pieces to a locked stock. */
export async function addStock(tx: Transaction, part: { id: string; quantity: number; now: Date }): Promise<void> {
  const { id, quantity, now } = part;
  await sqlOf(tx)`
    with noted as (
      insert into stock_movement (at, product_id, quantity, kind) values (${now}, ${id}, ${quantity}, 'restock')
    )
    update stock set available = available + ${quantity} where product_id = ${id}`;
}

/** Gives products, whose stock is locked, their next version. @returns them as they are then. */
export async function nextVersions(
  tx: Transaction,
  part: { ids: readonly string[]; now: Date },
): Promise<ProductRow[]> {
  if (part.ids.length === 0) return [];
  await tx
    .update(productTable)
    .set({ version: sql`${productTable.version} + 1`, updatedAt: part.now })
    .where(inArray(productTable.id, [...part.ids]));
  return readProducts(tx, part.ids);
}
