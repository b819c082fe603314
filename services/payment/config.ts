import { databaseConfig, eventConfig, serviceConfig, tokenConfig } from '@millrace/runtime/config.ts';
import { keyText, rotationOf } from '@millrace/runtime/keyring.ts';
import { z } from 'zod';

/** Every variable of this service; each workload reads the same set. */
export const paymentConfig = serviceConfig
  .extend(databaseConfig.shape)
  .extend(eventConfig.shape)
  .extend(tokenConfig.shape)
  .extend({
    /** Signs cursors. */
    SIGNING_KEY: keyText,
    ...rotationOf('SIGNING_KEY'),
    /** The provider signs its callbacks with it. */
    WEBHOOK_KEY: keyText,
    ...rotationOf('WEBHOOK_KEY'),
    /** Where the simulated provider sends its callbacks; without it, it sends none. */
    WEBHOOK_URL: z.url({ protocol: /^https?$/ }).optional(),
    PAYMENT_PROVIDER: z.enum(['simulated']).default('simulated'),
    /** How long the provider may take for an answer. */
    CHARGE_DEADLINE_MS: z.coerce.number().int().min(50).max(30_000).default(2_000),
    /** Calls of the provider that one worker makes at once. */
    CHARGE_CONCURRENCY: z.coerce.number().int().min(1).max(256).default(64),
  });
export type PaymentConfig = z.output<typeof paymentConfig>;
