import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { services } from '@millrace/catalog/services.ts';
import type { RepositoryCopy, Run } from '../../diff/testing/repository-copy.ts';
import { copyRepository } from '../../diff/testing/repository-copy.ts';

export const serviceNames = services.map(({ name }) => name);

/** The digest that a registry might give an image of a service. */
export const digestOf = (service: string, build = 'first'): string =>
  `sha256:${createHash('sha256').update(`${build} image of ${service}`).digest('hex')}`;

/** What CI would hand over after it built these services. */
export const imagesOf = (names: readonly string[] = serviceNames, build = 'first'): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, digestOf(name, build)]));

/** A copy of this repository, committed, in which releases can be made. */
export interface ReleaseCopy extends RepositoryCopy {
  /** Runs `make release`; policies are not asked unless they are wanted. */
  release(images: Record<string, unknown> | string, words?: readonly string[], variables?: Variables): Run;
  /** Runs `make promote`. */
  promote(words: readonly string[], variables?: Variables): Run;
  /** Starts one beside others. */
  start(program: string, words: readonly string[], variables?: Variables): Promise<Run>;
  /** Writes what IMAGES names, outside of the copy. */
  imagesFile(images: Record<string, unknown> | string): string;
  /** Writes a hook of Git. */
  hook(name: string, text: string): void;
  head(): string;
  /** The commits since a ref, newest first, by their subject. */
  subjects(since: string): string[];
  pins(environment: string, ref?: string): Record<string, { digest: string; revision: string }>;
}
type Variables = Record<string, string>;

/** Programs of the copy that are run. */
export const programs = { release: 'charts/release/release-main.ts', promote: 'charts/release/promote-main.ts' };
const deadlineMs = 150_000;

/** Makes such a copy: rendered, committed, tagged `start`. */
export function copyForReleases(options: { withPolicies?: boolean } = {}): ReleaseCopy {
  const copy = copyRepository(options);
  const outside = mkdtempSync(join(tmpdir(), 'millrace-images-'));
  const synth = copy.run('charts/main.ts');
  if (synth.code !== 0) throw new Error(synth.err);
  copy.commit('start');
  copy.git('tag', 'start');
  const unchecked = options.withPolicies ? [] : ['--check', '0'];
  let count = 0;
  const imagesFile = (images: Record<string, unknown> | string): string => {
    count += 1;
    const path = join(outside, `images-${count}.json`);
    writeFileSync(path, typeof images === 'string' ? images : JSON.stringify(images));
    return path;
  };
  return {
    ...copy,
    imagesFile,
    release: (images, words = [], variables = {}) =>
      copy.run(programs.release, ['--env', 'dev', '--images', imagesFile(images), ...unchecked, ...words], variables),
    promote: (words, variables = {}) => copy.run(programs.promote, [...unchecked, ...words], variables),
    start: (program, words, variables = {}) => startIn(copy.root, [program, ...unchecked, ...words], variables),
    hook: (name, text) => {
      const path = join(copy.root, '.git/hooks', name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, `#!/bin/sh\n${text}\n`);
      chmodSync(path, 0o755);
    },
    head: () => copy.git('rev-parse', 'HEAD'),
    subjects: (since) => copy.git('log', '--format=%s', `${since}..HEAD`).split('\n').filter(Boolean),
    pins: (environment, ref = 'HEAD') => JSON.parse(copy.git('show', `${ref}:releases/${environment}.json`)).pins,
  };
}

/** In a process group of its own, so that all of it can be killed. */
function startIn(root: string, words: readonly string[], variables: Variables): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...words], {
      cwd: root,
      detached: true,
      timeout: deadlineMs,
      env: { ...personOf(root), ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (part: Buffer) => {
      out += part.toString();
    });
    child.stderr.on('data', (part: Buffer) => {
      err += part.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

const personOf = (root: string): Variables => ({
  PATH: process.env['PATH'] ?? '',
  HOME: root,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@millrace.example',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@millrace.example',
});
