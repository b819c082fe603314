import { dashboard } from '@millrace/catalog/services.ts';
import { cacheConfig, eventConfig, serviceConfig } from '@millrace/runtime/config.ts';
import { z } from 'zod';
import type { ApiName } from './api-paths.ts';

const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Is this plain HTTP on this machine? Everywhere else a browser and its tokens travel by TLS only. */
export function isLoopbackHttp(url: string): boolean {
  const parsed = URL.parse(url);
  return parsed?.protocol === 'http:' && loopbackHosts.has(parsed.hostname);
}

const securedUrl = z
  .url({ protocol: /^https?$/ })
  .refine((url) => url.startsWith('https:') || isLoopbackHttp(url), 'use https, or http on localhost');

const apiUrl = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ''));

/** Origins that stand in a header: their characters are few. */
const origins = z
  .string()
  .transform((text) => text.split(/\s+/).filter(Boolean))
  .pipe(z.array(securedUrl.regex(/^https?:\/\/[a-z0-9.:[\]-]+\/?$/i).transform((url) => new URL(url).origin)).max(8));

/** What the page may do in a person's name; the issuer grants of it what the person may. */
export const defaultLoginScopes = 'openid email profile analytics:read analytics:write products:write payments:operate';

const region = eventConfig.pick({ AWS_REGION: true });

/** Every variable of this service. Sessions are in the cache: without one a restart asks for a new login. */
export const dashboardConfig = serviceConfig.extend({
  ...region.shape,
  ...cacheConfig.shape,
  MILLRACE_WORKLOAD: z.enum([...Object.keys(dashboard.workloads), 'smoke']),
  /** Where browsers reach the page: its origin, as the identity issuer knows it. */
  PUBLIC_URL: securedUrl.transform((url) => new URL(url).origin),
  /** Where each API is; `/api/…` is called there with the person's access token. In the cloud, addresses inside the cluster. */
  ANALYTICS_URL: apiUrl,
  USER_URL: apiUrl,
  PRODUCT_URL: apiUrl,
  ORDER_URL: apiUrl,
  PAYMENT_URL: apiUrl,
  NOTIFICATION_URL: apiUrl,
  /** Where browsers send pictures and get them from (S3): origins with blanks between them. Absent: the page takes none. */
  UPLOAD_ORIGIN: origins.default([]),
  ISSUER_URL: securedUrl,
  CLIENT_ID: z.string().min(1),
  LOGIN_SCOPES: z.string().default(defaultLoginScopes),
});
export type DashboardConfig = z.output<typeof dashboardConfig>;

/** The address of each API. */
export const apiUrlsOf = (config: ApiAddresses): Record<ApiName, string> => ({
  analytics: config.ANALYTICS_URL,
  users: config.USER_URL,
  products: config.PRODUCT_URL,
  orders: config.ORDER_URL,
  payments: config.PAYMENT_URL,
  notifications: config.NOTIFICATION_URL,
});

export type ApiAddresses = Pick<
  DashboardConfig,
  'ANALYTICS_URL' | 'USER_URL' | 'PRODUCT_URL' | 'ORDER_URL' | 'PAYMENT_URL' | 'NOTIFICATION_URL'
>;
