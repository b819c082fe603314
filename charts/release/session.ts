import { join } from 'node:path';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { loadCatalog } from '@millrace/catalog/load.ts';
import type { Release } from '@millrace/catalog/releases.ts';
import { readRelease } from '@millrace/catalog/releases.ts';
import type { Service } from '@millrace/catalog/service.ts';
import { CommandFault } from '../command-fault.ts';
import { repositoryRoot } from '../diff/command.ts';
import type { Commit } from '../diff/git.ts';
import { filesAt } from '../diff/git.ts';
import { lockFolder } from '../write-lock.ts';
import { git } from './git.ts';
import { releaseFile } from './release-files.ts';
import type { Head, ReleaseRepository } from './release-repository.ts';
import { assertReady, headOf, openRepository } from './release-repository.ts';

/** A command's hold on the repository of the releases, and what it stands on. */
export interface Session {
  repository: ReleaseRepository;
  base: Head;
  /** HEAD of this repository, which the manifests are rendered from. */
  catalogRevision: string;
  services: readonly Service[];
}

/** Another release renders, checks and commits within this, unless its hooks are long. */
const waitMs = 120_000;

/** Runs a command that is alone in its repository: a second one begins when it is done, on what it left. */
export async function inSession<Result>(
  out: string | undefined,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const repository = openRepository(out);
  const services = await loadedServices();
  const lock = await lockFolder(repository.gitFolder, { waitMs });
  if (lock === 'stopped') throw new CommandFault(5, 'stopped: nothing was changed.');
  try {
    assertReady(repository);
    const catalogRevision = git(repositoryRoot, ['rev-parse', '--verify', 'HEAD^{commit}']);
    return await work({ repository, base: headOf(repository), catalogRevision, services });
  } finally {
    lock.release();
  }
}

/** What an environment's release says in HEAD. A deploy repository begins without. @throws CommandFault (3) */
export function releaseAtHead(
  { repository, base, services }: Session,
  environment: EnvironmentName,
): { release: Release; text: string | undefined } {
  const text = textAt(repository.root, base, environment);
  if (text === undefined && !repository.isOwn) return { release: { pins: {} }, text };
  if (text === undefined) {
    throw new CommandFault(
      3,
      `${releaseFile(environment)}: E050 is not in the last commit. Commit {"pins": {}} there.`,
    );
  }
  const { release, faults } = readRelease(text, { environment, services: services.map(({ name }) => name) });
  if (release) return { release, text };
  throw new CommandFault(3, faults.map(({ place, code, message }) => `${place}: ${code} ${message}`).join('\n'));
}

/** The text of an environment's release at a commit. */
export const textAt = (root: string, commit: Commit, environment: EnvironmentName): string | undefined =>
  filesAt(root, commit, [releaseFile(environment)]).get(releaseFile(environment));

async function loadedServices(): Promise<readonly Service[]> {
  const loaded = await loadCatalog(join(repositoryRoot, 'catalog/services.ts'));
  if ('services' in loaded) return loaded.services;
  throw new CommandFault(3, loaded.faults.map(({ place, code, message }) => `${place}: ${code} ${message}`).join('\n'));
}
