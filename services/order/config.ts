import { databaseConfig, eventConfig, serviceConfig, tokenConfig } from '@millrace/runtime/config.ts';
import { keyText, rotationOf } from '@millrace/runtime/keyring.ts';
import { z } from 'zod';

const seconds = (value: number) => z.coerce.number().int().min(1).max(86_400).default(value);

/** Every variable of this service; each workload reads the same set. */
export const orderConfig = serviceConfig
  .extend(databaseConfig.shape)
  .extend(eventConfig.shape)
  .extend(tokenConfig.shape)
  .extend({
    /** Signs cursors. */
    SIGNING_KEY: keyText,
    ...rotationOf('SIGNING_KEY'),
    /** Where product's API is: asked when the own copy of a product would refuse an order. */
    PRODUCT_URL: z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, '')),
    /** How long an order waits for stock, for its payment and for its refund. */
    STOCK_DEADLINE_SECONDS: seconds(20),
    PAYMENT_DEADLINE_SECONDS: seconds(30),
    REFUND_DEADLINE_SECONDS: seconds(60),
    /** The carrier is simulated: how long a parcel takes to leave, and to arrive. */
    SHIP_AFTER_SECONDS: seconds(10),
    DELIVER_AFTER_SECONDS: seconds(10),
  });
export type OrderConfig = z.output<typeof orderConfig>;
