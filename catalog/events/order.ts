import { z } from 'zod';
import { defineEvent } from '../event.ts';
import { money, soldLine } from './money.ts';

const reference = { orderId: z.uuid(), userId: z.uuid() };

/** An order was accepted and its price fixed; nothing is reserved yet. */
export const OrderPlaced = defineEvent('OrderPlaced', {
  publisher: 'order',
  version: 1,
  data: z.object({ ...reference, items: z.array(soldLine).min(1), total: money }),
});

/** Asks the payment service to charge. `attemptId` is the idempotency key of this attempt. */
export const PaymentRequested = defineEvent('PaymentRequested', {
  publisher: 'order',
  version: 1,
  data: z.object({ ...reference, attemptId: z.uuid(), paymentToken: z.string().min(1).max(128), total: money }),
});

/**
 * Asks the payment service to hold no money of this attempt: to give back what was taken, or never to take it. `attemptId` is
 * the attempt of PaymentRequested. It is answered with PaymentRefunded in every case.
 */
export const RefundRequested = defineEvent('RefundRequested', {
  publisher: 'order',
  version: 1,
  data: z.object({ ...reference, attemptId: z.uuid(), total: money, reason: z.string().max(200) }),
});

/** The order is paid and final. */
export const OrderConfirmed = defineEvent('OrderConfirmed', {
  publisher: 'order',
  version: 1,
  data: z.object({ ...reference, items: z.array(soldLine).min(1), total: money }),
});

/** The order ended before it was paid: no stock, or payment declined. */
export const OrderRejected = defineEvent('OrderRejected', {
  publisher: 'order',
  version: 1,
  data: z.object({ ...reference, reason: z.enum(['out-of-stock', 'payment-declined', 'deadline']) }),
});

/** The order was taken back; stock and money return. */
export const OrderCancelled = defineEvent('OrderCancelled', {
  publisher: 'order',
  version: 1,
  data: z.object({ ...reference, reason: z.string().max(200) }),
});

/** The parcel left. */
export const OrderShipped = defineEvent('OrderShipped', {
  publisher: 'order',
  version: 1,
  data: z.object(reference),
});

/** The parcel arrived. */
export const OrderDelivered = defineEvent('OrderDelivered', {
  publisher: 'order',
  version: 1,
  data: z.object(reference),
});
