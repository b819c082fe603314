import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import type { Service } from '@millrace/catalog/service.ts';
import { CommandFault } from '../command-fault.ts';
import { repositoryRoot } from '../diff/command.ts';
import type { EnvironmentFiles } from '../synth.ts';
import { synthesise } from '../synth.ts';

/** An environment with its new pins, and what "make synth" has to say of it. */
export interface RenderedRelease {
  set: EnvironmentFiles;
  remarks: string[];
}

/**
 * Renders an environment as "make synth" does, with a release that is not written yet.
 * @throws CommandFault (3) with every fault of the catalog, the contract or the release.
 */
export function renderRelease(facts: {
  environment: EnvironmentName;
  /** The text of its `releases/<env>.json`. */
  release: string;
  services: readonly Service[];
}): RenderedRelease {
  const { environment, release, services } = facts;
  const folder = mkdtempSync(join(tmpdir(), 'millrace-release-'));
  try {
    writeFileSync(join(folder, `${environment}.json`), release);
    const sources = {
      catalog: join(repositoryRoot, 'catalog/services.ts'),
      platforms: join(repositoryRoot, 'catalog'),
      releases: folder,
      admission: join(repositoryRoot, 'policies/admission'),
      environments: [environment],
    };
    const result = synthesise(sources, services);
    if (result.outcome === 'faulty') throw new CommandFault(3, result.faults.join('\n'));
    const [set] = result.environments;
    if (!set) throw new Error(`${environment} was not rendered`);
    return { set, remarks: [...result.warnings, ...result.notes] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes rendered files where another program reads them; gives the folder, which holds `manifests/<env>`. */
export function writeAside({ environment, files }: EnvironmentFiles): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-release-'));
  for (const [path, text] of files) {
    const file = join(folder, 'manifests', environment, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return folder;
}
