import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Service } from '@millrace/catalog/service.ts';
import type { Bundle } from '@millrace/images/bundle-service.ts';
import { bundleService } from '@millrace/images/bundle-service.ts';
import { builtServices } from '@millrace/local/platform-plan.ts';
import type { TestDatabase } from '@millrace/runtime/testing/postgres.ts';
import { createTestDatabase } from '@millrace/runtime/testing/postgres.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { containerFlags } from './analytics.ts';
import { variablesOf } from './services.ts';
import { root, startWorker } from './stage.ts';

const execute = promisify(execFile);

/** What is measured as a bundle must be one that works: each of its workloads, on the schema that it makes itself. */
describe.each(builtServices().filter(({ database }) => database))('the bundle of $name', (service) => {
  let folder: string;
  let bundle: Bundle;
  let databases: TestDatabase[];

  beforeAll(async () => {
    // Outside of the repository, where no node_modules can be found.
    folder = mkdtempSync(join(tmpdir(), 'millrace-bundle-'));
    databases = [await createTestDatabase(), await createTestDatabase()];
    bundle = await bundleService({ root, service: service.name, folder: join(folder, service.name) });
    // Its files are those of the image: nothing of the repository is needed to migrate either.
    await execute(process.execPath, ['start.js'], {
      cwd: bundle.folder,
      env: variables(service, { workload: 'migrate', port: 0, databases }),
    });
  });

  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    for (const database of databases) await database.drop();
  });

  test.each(Object.keys(service.workloads))('runs %s', async (workload) => {
    const worker = await startWorker({
      cwd: bundle.folder,
      args: () => [...containerFlags, 'start.js'],
      env: (port) => variables(service, { workload, port, databases }),
      readyPath: '/readyz',
    });
    const metrics = await (await fetch(`${worker.url}/metrics`)).text();
    await worker.stop();
    expect(metrics).toContain('process_resident_memory_bytes');
    expect(worker.exitCode()).toBe(0);
  });
});

function variables(
  service: Service,
  place: { workload: string; port: number; databases: TestDatabase[] },
): Record<string, string> {
  const [own, warehouse] = place.databases.map(({ url }) => url);
  return variablesOf({ service, ...place }, { databases: { [service.name]: own ?? '', warehouse: warehouse ?? '' } });
}
