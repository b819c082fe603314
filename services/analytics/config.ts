import { databaseConfig, eventConfig, serviceConfig, tokenConfig } from '@millrace/runtime/config.ts';
import { z } from 'zod';

const perSecond = (value: number) => z.coerce.number().positive().default(value);

/** Every variable of this service; each workload reads the same set. */
export const analyticsConfig = serviceConfig
  .extend(databaseConfig.shape)
  .extend(eventConfig.shape)
  .extend(tokenConfig.shape)
  .extend({
    /** The warehouse: Redshift Serverless in the cloud, a second PostgreSQL database on a laptop. */
    WAREHOUSE_URL: z.url({ protocol: /^(postgres(ql)?|redshift)$/ }),
    /** Signs cursors and receipts. */
    SIGNING_KEY: z.string().min(32),
    /** Absent on a laptop: then this process keeps salts and counters itself. */
    CACHE_URL: z.url().optional(),
    /** Events that one site and one network may send: each second, and ten times that at once. */
    COLLECT_SITE_PER_SECOND: perSecond(5_000),
    COLLECT_ADDRESS_PER_SECOND: perSecond(500),
  });
export type AnalyticsConfig = z.output<typeof analyticsConfig>;

/** What the commands `make replay` and `make demo` may be told, beside their words. */
export const commandVariables = (): Record<string, string | undefined> => ({ ...process.env });
