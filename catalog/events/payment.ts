import { z } from 'zod';
import { defineEvent } from '../event.ts';
import { money } from './money.ts';

const reference = { orderId: z.uuid(), paymentId: z.uuid(), attemptId: z.uuid() };

/** The provider took the money. */
export const PaymentProcessed = defineEvent('PaymentProcessed', {
  publisher: 'payment',
  version: 1,
  data: z.object({ ...reference, total: money }),
});

/** The provider refused, or the attempt ran out of time without a charge. */
export const PaymentFailed = defineEvent('PaymentFailed', {
  publisher: 'payment',
  version: 1,
  data: z.object({ ...reference, reason: z.enum(['declined', 'provider-error']) }),
});

/** No money of this attempt is held any more. `total` is what went back: 0 when nothing had been taken. */
export const PaymentRefunded = defineEvent('PaymentRefunded', {
  publisher: 'payment',
  version: 1,
  data: z.object({ ...reference, total: money }),
});
