import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bundle } from '@millrace/images/bundle-service.ts';
import { bundleService } from '@millrace/images/bundle-service.ts';
import { warmCompileCache } from '@millrace/images/compile-cache.ts';
import { analyticsVariables, containerFlags, containerVariables } from './analytics.ts';
import type { Stage, Worker } from './stage.ts';
import { root } from './stage.ts';

/** A service as its image has it: bundled, with the compile cache that is written when the image is built. */
export interface BundledService {
  name: string;
  bundle: Bundle;
  /** Starts the workload that answers people, and waits for its first 200. */
  start(stage: Stage): Promise<Worker>;
}

const bundledServices = ['analytics', 'dashboard'];

/** Bundles every service that is built so far into a temporary folder. */
export async function bundleAll(databases: {
  analytics: string;
  warehouse: string;
}): Promise<{ services: BundledService[]; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bundles-'));
  const services: BundledService[] = [];
  for (const name of bundledServices) {
    const bundle = await bundleService({ root, service: name, folder: join(folder, name) });
    await warmCompileCache(bundle.folder);
    services.push({ name, bundle, start: (stage) => startBundle(stage, bundle, databases) });
  }
  return { services, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function startBundle(
  stage: Stage,
  bundle: Bundle,
  databases: { analytics: string; warehouse: string },
): Promise<Worker> {
  const place = { databaseUrl: databases.analytics, warehouseUrl: databases.warehouse };
  return stage.worker({
    cwd: bundle.folder,
    args: () => [...containerFlags, 'start.js'],
    env: (port) => ({
      ...containerVariables,
      ...(bundle.service === 'dashboard' ? dashboardVariables(port) : analyticsVariables(place, 'api', port)),
    }),
    readyPath: '/healthz',
  });
}

function dashboardVariables(port: number): Record<string, string> {
  return {
    MILLRACE_ENVIRONMENT: 'dev',
    MILLRACE_WORKLOAD: 'api',
    HOST: '127.0.0.1',
    PORT: String(port),
    LOG_LEVEL: 'error',
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    ANALYTICS_URL: 'http://127.0.0.1:9',
    USER_URL: 'http://127.0.0.1:9',
    PRODUCT_URL: 'http://127.0.0.1:9',
    ORDER_URL: 'http://127.0.0.1:9',
    PAYMENT_URL: 'http://127.0.0.1:9',
    NOTIFICATION_URL: 'http://127.0.0.1:9',
    ISSUER_URL: 'http://127.0.0.1:9',
    CLIENT_ID: 'dashboard',
  };
}
