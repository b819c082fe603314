import { databaseConfig, eventConfig, serviceConfig, tokenConfig } from '@millrace/runtime/config.ts';
import { keyText, rotationOf } from '@millrace/runtime/keyring.ts';
import { z } from 'zod';

/** Every variable of this service; each workload reads the same set. */
export const notificationConfig = serviceConfig
  .extend(databaseConfig.shape)
  .extend(eventConfig.shape)
  .extend(tokenConfig.shape)
  .extend({
    /** Signs cursors. */
    SIGNING_KEY: keyText,
    ...rotationOf('SIGNING_KEY'),
    /** The sender's address; its domain stands in every Message-ID. */
    MAIL_FROM: z.email(),
    MAIL_TRANSPORT: z.enum(['ses', 'smtp']).default('ses'),
    /** Needed for `smtp`: `smtp://host:port`, or `smtps://` with TLS from the first byte. */
    SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  })
  .refine(({ MAIL_TRANSPORT, SMTP_URL }) => MAIL_TRANSPORT !== 'smtp' || SMTP_URL !== undefined, {
    path: ['SMTP_URL'],
    error: 'needed when MAIL_TRANSPORT is smtp',
  });
export type NotificationConfig = z.output<typeof notificationConfig>;
