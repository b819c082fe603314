import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkCatalog, formatFault, isWarning } from '@millrace/catalog/check.ts';
import { readPlatform } from '@millrace/catalog/check-platform.ts';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import type { Release } from '@millrace/catalog/releases.ts';
import { readRelease } from '@millrace/catalog/releases.ts';
import { services } from '@millrace/catalog/services.ts';
import { CommandFault } from '../diff/command.ts';
import { renderEnvironment } from '../render.ts';
import type { RenderedEnvironment } from '../rendered.ts';

/** An environment as the working tree renders it, and the services that its release has no pin for. */
export interface WorkingTreeRender {
  set: RenderedEnvironment;
  withoutRelease: string[];
}

/**
 * Renders an environment in memory from the catalog, the platform contract and the release as they lie in the working tree.
 * @throws CommandFault (3) with every fault of the catalog, the contract or the release.
 */
export function renderWorkingTree(
  environment: EnvironmentName,
  options: { root: string; fillPins?: boolean },
): WorkingTreeRender {
  const known = services.map(({ name }) => name);
  const contract = readPlatform(readInput(options.root, `catalog/platform.${environment}.json`), {
    environment,
    services,
  });
  const read = readRelease(readInput(options.root, `releases/${environment}.json`), { environment, services: known });
  const faults = [...checkCatalog(services), ...contract.faults, ...read.faults].filter((fault) => !isWarning(fault));
  if (faults.length > 0 || !contract.platform || !read.release) {
    throw new CommandFault(3, faults.map((fault) => formatFault(fault)).join('\n'));
  }
  const release = options.fillPins ? withExamplePins(read.release, known) : read.release;
  const input = { services, environment, platform: contract.platform, release };
  const withoutRelease = known.filter((name) => !(name in read.release.pins));
  return { set: { ...input, manifests: renderEnvironment(input) }, withoutRelease };
}

/** What a pod costs does not depend on its digest, so a service without a release gets one that is made up. */
function withExamplePins(release: Release, names: readonly string[]): Release {
  const madeUp = Object.fromEntries(
    names.map((name) => [
      name,
      { digest: `sha256:${createHash('sha256').update(name).digest('hex')}`, revision: '0'.repeat(40) },
    ]),
  );
  return { ...release, pins: { ...madeUp, ...release.pins } };
}

function readInput(root: string, file: string): string {
  const path = join(root, file);
  if (!existsSync(path))
    throw new CommandFault(3, `${file}: E001 is missing. Bring it back with "git checkout ${file}".`);
  return readFileSync(path, 'utf8');
}
