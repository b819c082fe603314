import { cacheConfig, databaseConfig, eventConfig, serviceConfig, tokenConfig } from '@millrace/runtime/config.ts';
import { keyText, rotationOf } from '@millrace/runtime/keyring.ts';
import { z } from 'zod';

const perSecond = (value: number) => z.coerce.number().positive().default(value);

/** Every variable of this service; each workload reads the same set. */
export const analyticsConfig = serviceConfig
  .extend(databaseConfig.shape)
  .extend(eventConfig.shape)
  .extend(tokenConfig.shape)
  .extend(cacheConfig.shape)
  .extend({
    /** The warehouse: Redshift Serverless in the cloud, a second PostgreSQL database on a laptop. */
    WAREHOUSE_URL: z.url({ protocol: /^(postgres(ql)?|redshift)$/ }),
    /** The workgroup of Redshift Serverless that gives passwords for it. Absent on a laptop. */
    WAREHOUSE_WORKGROUP: z.string().optional(),
    /** Signs cursors and receipts. */
    SIGNING_KEY: keyText,
    ...rotationOf('SIGNING_KEY'),
    /** Events that one site and one network may send: each second, and ten times that at once. */
    COLLECT_SITE_PER_SECOND: perSecond(5_000),
    COLLECT_ADDRESS_PER_SECOND: perSecond(500),
  });
export type AnalyticsConfig = z.output<typeof analyticsConfig>;

/** What the commands `make replay` and `make demo` may be told, beside their words. */
export const commandVariables = (): Record<string, string | undefined> => ({ ...process.env });
