import { z } from 'zod';

/** Money: integer minor units (cents) and an ISO 4217 currency. Never a float. */
export const money = z.object({
  amountMinor: z.int().min(0),
  currency: z.enum(['USD', 'EUR', 'GBP', 'CHF', 'JPY']),
});
export type Money = z.output<typeof money>;

/** One line of an order. */
export const orderLine = z.object({ productId: z.uuid(), quantity: z.int().min(1).max(1000) });

/** A line as it was sold: with the product's name and price at that moment. */
export const soldLine = orderLine.extend({ name: z.string().max(200).optional(), unitPrice: money.optional() });
