import { dashboard } from '@millrace/catalog/services.ts';
import { serviceConfig } from '@millrace/runtime/config.ts';
import { z } from 'zod';

const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Is this plain HTTP on this machine? Everywhere else a browser and its tokens travel by TLS only. */
export function isLoopbackHttp(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && loopbackHosts.has(hostname);
}

const securedUrl = z
  .url({ protocol: /^https?$/ })
  .refine((url) => url.startsWith('https:') || isLoopbackHttp(url), 'use https, or http on localhost');

/** Every variable of this service. */
export const dashboardConfig = serviceConfig.extend({
  MILLRACE_WORKLOAD: z.enum(Object.keys(dashboard.workloads)),
  /** Where browsers reach the page: its origin, as the identity issuer knows it. */
  PUBLIC_URL: securedUrl.transform((url) => new URL(url).origin),
  /** The gateway whose `/api/…` is called with the access token. In the cloud an address inside the cluster. */
  API_URL: z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, '')),
  ISSUER_URL: securedUrl,
  CLIENT_ID: z.string().min(1),
  LOGIN_SCOPES: z.string().default('openid email profile analytics:read analytics:write'),
  /** Absent on a laptop: then sessions live in this process and a restart asks for a new login. */
  CACHE_URL: z.url().optional(),
});
export type DashboardConfig = z.output<typeof dashboardConfig>;
