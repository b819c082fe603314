import type { Database } from '@millrace/runtime/database.ts';
import type { Keyring } from '@millrace/runtime/keyring.ts';
import type { Clock, Random } from '@millrace/runtime/ports.ts';
import { Problem } from '@millrace/runtime/problem.ts';
import type { Uploads } from '@millrace/runtime/uploads.ts';
import { z } from 'zod';
import type { ProductRow, ProductView } from './product.ts';
import { viewProduct } from './product.ts';

/** What the routes stand on. */
export interface ApiParts {
  database: Database;
  uploads: Uploads;
  signingKeys: Keyring;
  clock: Clock;
  random: Random;
}

/** The path of one product. */
export const productParams = z.object({ id: z.uuid() });

/** What products may be changed with. */
export const mayWrite = { scope: 'products:write' } as const;

/** Products are sold without pictures too: while their addresses cannot be signed there are none. */
const urlOf = ({ uploads }: ApiParts, key: string): Promise<string | null> => uploads.viewUrl(key).catch(() => null);

export const showProduct = (parts: ApiParts, row: ProductRow): Promise<ProductView> =>
  viewProduct(row, (key) => urlOf(parts, key));

/** What a write made, as it is kept for a repetition: the address of an image is signed for each answer and for no longer. */
export type KeptProduct = ProductView & { imageKey: string | null };

export const keepProduct = async (row: ProductRow): Promise<KeptProduct> => ({
  ...(await viewProduct(row, async () => null)),
  imageKey: row.imageKey,
});

export async function showKept(parts: ApiParts, { imageKey, ...view }: KeptProduct): Promise<ProductView> {
  return { ...view, imageUrl: imageKey ? await urlOf(parts, imageKey) : null };
}

/** 404, in the words in which every missing thing is missing. */
export const noProduct = (): Problem => new Problem(404, 'not-found', 'There is nothing here.');
