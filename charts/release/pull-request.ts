import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { CommandFault } from '../command-fault.ts';
import { diffMarkdown } from '../diff/diff-markdown.ts';
import type { DiffReport } from '../diff/diff-report.ts';
import { git, gitWhenFree, runGit } from './git.ts';
import type { Prepared } from './prepare.ts';
import { tell } from './prepare.ts';
import { publish } from './publish.ts';
import type { Head, ReleaseRepository } from './release-repository.ts';
import { commitOf } from './release-repository.ts';

const hashDigits = 8;
const dayLetters = 10;

/** `release/prod-2026-11-21-1a2b3c4d`: the same promotion on the same day always has the same branch. */
export function branchFor({ publication: { wanted, base }, facts }: Prepared, now: Date): string {
  if (isReleaseBranch(base.branch, facts.environment)) return base.branch;
  const hash = createHash('sha256')
    .update(JSON.stringify([base.revision, ...wanted]))
    .digest('hex');
  return `release/${facts.environment}-${now.toISOString().slice(0, dayLetters)}-${hash.slice(0, hashDigits)}`;
}

/** Whether HEAD is where a run that was killed left it: the next one goes on there. */
export const isReleaseBranch = (branch: string | undefined, environment: EnvironmentName): branch is string =>
  branch?.startsWith(`release/${environment}-`) ?? false;

/** Where the pull request's text goes: what BODY= says, or beside Git's own files, where no commit takes it. */
export const bodyFile = ({ gitFolder }: ReleaseRepository, branch: string, given: string | undefined): string =>
  given === undefined ? join(gitFolder, `${branch.replaceAll('/', '-')}.md`) : resolve(given);

/** Writes the pull request's text: what `make diff FORMAT=markdown` says, and before it what a reviewer has to know. */
export function writeBody(file: string, report: DiffReport, notes: readonly string[]): void {
  const warnings = notes.length > 0 ? `${notes.map((note) => `> ${note}`).join('\n>\n')}\n\n` : '';
  writeFileSync(file, `${warnings}${diffMarkdown(report)}`);
}

/**
 * Makes the commit on a branch of its own and goes back to where HEAD was, so that nothing else changes here.
 * @throws CommandFault 2 when there is such a branch already; 5 as publish does, and then the branch is gone again.
 */
export async function publishOnBranch({ publication }: Prepared, branch: string): Promise<string> {
  const { repository, base } = publication;
  const { root } = repository;
  if (base.branch === branch) {
    tell(`HEAD is on ${branch} already, and stays there.`);
    return publish(publication);
  }
  const there = runGit(root, ['rev-parse', '--verify', '--quiet', `refs/heads/${branch}`]).out.trim();
  if (there !== '' && there !== base.revision) {
    const advice = `Push that one, or delete it first: git branch --delete --force ${branch}`;
    throw new CommandFault(2, `There is a branch ${branch} already, of an earlier run. ${advice}`);
  }
  // One without a commit is what a run left that was killed.
  await gitWhenFree(root, ['switch', '--quiet', ...(there === '' ? ['--create'] : []), branch]);
  try {
    return await publish({ ...publication, base: { ...base, branch } });
  } finally {
    await goBack(repository, base, branch);
  }
}

async function goBack({ root }: ReleaseRepository, base: Head, branch: string): Promise<void> {
  const words = base.branch === undefined ? ['--detach', base.revision] : [base.branch];
  try {
    await gitWhenFree(root, ['switch', '--quiet', ...words]);
    const isEmpty = commitOf(root, { ref: branch, option: 'branch' }).revision === base.revision;
    if (isEmpty) git(root, ['branch', '--quiet', '--delete', '--force', branch]);
  } catch (error) {
    tell(`HEAD stays on ${branch}: ${(error as Error).message}`);
  }
}
