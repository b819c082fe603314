import { databaseConfig, eventConfig, serviceConfig, tokenConfig } from '@millrace/runtime/config.ts';
import { keyText, rotationOf } from '@millrace/runtime/keyring.ts';
import { z } from 'zod';

/** Every variable of this service; each workload reads the same set. */
export const userConfig = serviceConfig
  .extend(databaseConfig.shape)
  .extend(eventConfig.shape)
  .extend(tokenConfig.shape)
  .extend({
    /** Signs cursors. */
    SIGNING_KEY: keyText,
    ...rotationOf('SIGNING_KEY'),
    /** The bucket into which people upload their pictures. */
    UPLOADS_BUCKET: z.string().min(3),
  });
export type UserConfig = z.output<typeof userConfig>;
