import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Service } from '@millrace/catalog/service.ts';
import type { Bundle } from '@millrace/images/bundle-service.ts';
import { bundleService } from '@millrace/images/bundle-service.ts';
import { warmCompileCache } from '@millrace/images/compile-cache.ts';
import { builtServices } from '@millrace/local/platform-plan.ts';
import { containerFlags } from './analytics.ts';
import type { Surroundings } from './services.ts';
import { variablesOf } from './services.ts';
import type { Stage, Worker } from './stage.ts';
import { root } from './stage.ts';

/** A service as its image has it: bundled, with the compile cache that is written when the image is built. */
export interface BundledService {
  name: string;
  service: Service;
  bundle: Bundle;
  /** Starts a workload, the one that answers people unless said otherwise, and waits for its first 200. */
  start(stage: Stage, workload?: string): Promise<Worker>;
}

/** Bundles every service that is built so far into a temporary folder. */
export async function bundleAll(surroundings: Surroundings): Promise<{ services: BundledService[]; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bundles-'));
  const services: BundledService[] = [];
  for (const service of builtServices()) {
    const { name } = service;
    const bundle = await bundleService({ root, service: name, folder: join(folder, name) });
    await warmCompileCache(bundle.folder);
    const start: BundledService['start'] = (stage, workload = 'api') =>
      stage.worker({
        cwd: bundle.folder,
        args: () => [...containerFlags, 'start.js'],
        env: (port) => variablesOf({ service, workload, port }, surroundings),
        readyPath: '/healthz',
      });
    services.push({ name, service, bundle, start });
  }
  return { services, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
