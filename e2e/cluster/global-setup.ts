import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWindows, shortenCanaries } from './canary.ts';
import { serviceNames } from './delivery.ts';
import { promote, release } from './releases.ts';
import { makeRepository } from './repository.ts';
import { keepJobs } from './waves.ts';

/**
 * Vitest calls this once for a run: one repository for all files, in which every environment has a release, and one folder
 * for each environment's cluster, which a file starts and stops; what it left is what the next one finds.
 */
export async function setup(): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-delivery-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  try {
    const repository = makeRepository(folder);
    shortenCanaries(repository);
    openWindows(repository);
    keepJobs(repository);
    repository.commit('canaries of seconds, at any hour; Jobs that stay');
    // releases.test.ts lets the commands check what they make.
    const words = ['--check', '0'];
    await release(repository, { round: 'first', services: serviceNames, words });
    for (const to of ['staging', 'prod'] as const) await promote(repository, { to, words });
    repository.push();
    process.env.TEST_DELIVERY_DIR = folder;
    return remove;
  } catch (error) {
    remove();
    throw error;
  }
}
