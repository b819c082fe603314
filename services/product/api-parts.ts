import type { Database } from '@millrace/runtime/database.ts';
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
  signingKey: string;
  clock: Clock;
  random: Random;
}

/** The path of one product. */
export const productParams = z.object({ id: z.uuid() });

/** What products may be changed with. */
export const mayWrite = { scope: 'products:write' } as const;

/** Products are sold without pictures too: while their addresses cannot be signed there are none. */
export const showProduct = ({ uploads }: ApiParts, row: ProductRow): Promise<ProductView> =>
  viewProduct(row, (key) => uploads.viewUrl(key).catch(() => null));

/** 404, in the words in which every missing thing is missing. */
export const noProduct = (): Problem => new Problem(404, 'not-found', 'There is nothing here.');
