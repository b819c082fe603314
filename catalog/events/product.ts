import { z } from 'zod';
import { defineEvent } from '../event.ts';
import { orderLine } from './money.ts';

/** Every line of the order is held until `expiresAt`. */
export const StockReserved = defineEvent('StockReserved', {
  publisher: 'product',
  version: 1,
  data: z.object({ orderId: z.uuid(), reservationId: z.uuid(), expiresAt: z.iso.datetime() }),
});

/** Nothing is held: at least one line is not in stock. */
export const StockRejected = defineEvent('StockRejected', {
  publisher: 'product',
  version: 1,
  data: z.object({ orderId: z.uuid(), missing: z.array(orderLine).min(1) }),
});
