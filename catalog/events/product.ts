import { z } from 'zod';
import { defineEvent } from '../event.ts';
import { money, orderLine } from './money.ts';

/** Every line of the order is held until `expiresAt`. */
export const StockReserved = defineEvent('StockReserved', {
  publisher: 'product',
  version: 1,
  data: z.object({ orderId: z.uuid(), reservationId: z.uuid(), expiresAt: z.iso.datetime() }),
});

/** Nothing is held: at least one line is not in stock, or what was held was given back because its time was over. */
export const StockRejected = defineEvent('StockRejected', {
  publisher: 'product',
  version: 1,
  data: z.object({ orderId: z.uuid(), missing: z.array(orderLine).min(1), isExpired: z.boolean().optional() }),
});

/**
 * A product as it is sold now. Published when it is made or changed, when stock is added, and when its last piece is held or
 * one comes back: `available` is exact then and an estimate later.
 */
export const ProductChanged = defineEvent('ProductChanged', {
  publisher: 'product',
  version: 1,
  data: z.object({
    productId: z.uuid(),
    name: z.string().min(1).max(200),
    price: money,
    isActive: z.boolean(),
    available: z.int().min(0),
  }),
});
