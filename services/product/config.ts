import { databaseConfig, eventConfig, serviceConfig, tokenConfig } from '@millrace/runtime/config.ts';
import { keyText, rotationOf } from '@millrace/runtime/keyring.ts';
import { z } from 'zod';

/** Every variable of this service; each workload reads the same set. */
export const productConfig = serviceConfig
  .extend(databaseConfig.shape)
  .extend(eventConfig.shape)
  .extend(tokenConfig.shape)
  .extend({
    /** Signs cursors. */
    SIGNING_KEY: keyText,
    ...rotationOf('SIGNING_KEY'),
    /** Where images of products lie. */
    PRODUCTS_BUCKET: z.string().min(3).max(63),
    /** How long stock is held for an order that is not paid yet. */
    RESERVATION_MINUTES: z.coerce.number().positive().max(1_440).default(15),
  });
export type ProductConfig = z.output<typeof productConfig>;
