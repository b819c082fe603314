import { money } from '@millrace/catalog/events/money.ts';
import { freeText, hasCardNumber } from '@millrace/runtime/free-text.ts';
import { z } from 'zod';

const maxNameChars = 200;
const maxDescriptionChars = 5_000;
/** A thousand lines of a thousand pieces at this price still add up exactly. */
export const maxPriceMinor = 1_000_000_000;
export const maxQuantity = 1_000_000;
/** No product has more pieces than this at once. */
export const maxAvailable = 1_000_000_000;

const price = z.strictObject({ ...money.shape, amountMinor: z.int().min(0).max(maxPriceMinor) });

const description = z
  .string()
  .trim()
  .normalize('NFC')
  .max(maxDescriptionChars)
  .refine((text) => !hasCardNumber(text), {
    params: { code: 'card-number' },
    error: 'This looks like the number of a payment card.',
  });

/** What an operator says about a new product. */
export const newProduct = z.strictObject({
  name: freeText(maxNameChars),
  description: description.default(''),
  price,
  stock: z.int().min(0).max(maxQuantity).default(0),
});
export type NewProduct = z.output<typeof newProduct>;

/** What an operator changes. */
export const productPatch = z
  .strictObject({
    name: freeText(maxNameChars).optional(),
    description: description.optional(),
    price: price.optional(),
    isActive: z.boolean().optional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, {
    params: { code: 'nothing-to-change' },
    error: 'Name at least one field to change.',
  });
export type ProductPatch = z.output<typeof productPatch>;

/** Pieces that came in. */
export const restock = z.strictObject({ quantity: z.int().min(1).max(maxQuantity) });

/** A product as everybody sees it. */
export const productView = z.object({
  id: z.uuid(),
  name: z.string(),
  description: z.string(),
  price: money,
  available: z.int().min(0),
  isActive: z.boolean(),
  imageUrl: z.url().nullable(),
  version: z.int().min(1),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});
export type ProductView = z.output<typeof productView>;

/** A product as the database keeps it. */
export interface ProductRow {
  id: string;
  name: string;
  description: string;
  priceMinor: number;
  currency: z.output<typeof money>['currency'];
  isActive: boolean;
  imageKey: string | null;
  version: number;
  createdAt: Date;
  updatedAt: Date;
  available: number;
}

/** Shows products; `urlOf` makes the address of an image. */
export async function viewProduct(
  row: ProductRow,
  urlOf: (key: string) => Promise<string | null>,
): Promise<ProductView> {
  const { id, name, description: text, priceMinor, currency, available, isActive, imageKey, version } = row;
  return {
    id,
    name,
    description: text,
    price: { amountMinor: priceMinor, currency },
    available,
    isActive,
    imageUrl: imageKey === null ? null : await urlOf(imageKey),
    version,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** The product as the patch leaves it, or nothing when that is how it is already. */
export function applyPatch(row: ProductRow, patch: ProductPatch): ProductRow | undefined {
  const next = {
    ...row,
    name: patch.name ?? row.name,
    description: patch.description ?? row.description,
    priceMinor: patch.price?.amountMinor ?? row.priceMinor,
    currency: patch.price?.currency ?? row.currency,
    isActive: patch.isActive ?? row.isActive,
  };
  const fields = ['name', 'description', 'priceMinor', 'currency', 'isActive'] as const;
  return fields.some((field) => next[field] !== row[field]) ? next : undefined;
}
