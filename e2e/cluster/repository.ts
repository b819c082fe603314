import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import type { Pin, Release } from '@millrace/catalog/releases.ts';

/** What a command answered. */
export interface Ended {
  code: number;
  /** Standard output. */
  output: string;
  /** Standard error. */
  errors: string;
}

/** A bare repository and a working clone, as a user has them: the clone is a whole working tree whose commands work. */
export interface Repository {
  /** The bare repository, which a cluster is given. */
  path: string;
  /** The clone. */
  work: string;
  /** Runs a TypeScript program of the clone. */
  run(program: string, ...words: string[]): Promise<Ended>;
  /** Runs git in the clone and gives what it prints. @throws with what it says when it fails. */
  git(...words: string[]): string;
  /** Writes which images an environment runs; services that are not named keep theirs. */
  pin(environment: EnvironmentName, pins: Record<string, Pin>): void;
  /** Renders manifests/ of these environments. @throws with the faults. */
  render(...environments: EnvironmentName[]): Promise<void>;
  /** Changes a file of the clone by its text. @throws when that changes nothing. */
  edit(file: string, change: (text: string) => string): void;
  write(file: string, text: string): void;
  /** Commits everything that is changed; gives the commit. */
  commit(message: string): string;
  /** Pushes main; gives its commit. */
  push(): string;
  /** Takes a commit back by a new one; gives that. */
  revert(commit: string): string;
  remove(): void;
}

const root = join(import.meta.dirname, '../..');
/** What delivery needs of the working tree, whether it is committed or not. */
const parts = ['catalog', 'charts', 'fargate', 'policies', 'releases', 'package.json', '.gitignore', '.gitattributes'];
const isLeftOut = /(^|\/)fixtures\/|\.test\.ts$/;
const runDeadlineMs = 120_000;
const maxOutputBytes = 64 * 1024 * 1024;

/** Makes both in a temporary folder; the clone's first commit is pushed, with every environment's pins as they are. */
export function makeRepository(): Repository {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-repository-'));
  const work = join(folder, 'work');
  const path = join(folder, 'millrace.git');
  const git = (...words: string[]): string => runGit(work, words);
  const repository: Repository = {
    path,
    work,
    git,
    run: (program, ...words) => runProgram(work, [program, ...words]),
    pin: (environment, pins) => writePins(join(work, 'releases', `${environment}.json`), pins),
    async render(...environments) {
      const { code, errors } = await runProgram(work, ['charts/main.ts', '--env', environments.join(',')]);
      if (code !== 0) throw new Error(`manifests of ${environments.join(', ')} were not rendered:\n${errors}`);
    },
    edit(file, change) {
      const text = readFileSync(join(work, file), 'utf8');
      const changed = change(text);
      if (changed === text) throw new Error(`nothing was changed in ${file}`);
      writeFileSync(join(work, file), changed);
    },
    write(file, text) {
      mkdirSync(dirname(join(work, file)), { recursive: true });
      writeFileSync(join(work, file), text);
    },
    commit(message) {
      git('add', '--all');
      git('commit', '--quiet', '--message', message);
      return git('rev-parse', 'HEAD');
    },
    push() {
      git('push', '--quiet', 'origin', 'main');
      return git('rev-parse', 'main');
    },
    revert(commit) {
      git('revert', '--no-edit', commit);
      return git('rev-parse', 'HEAD');
    },
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }),
  };
  try {
    copyTree(work);
    linkPackages(work);
    startHistory(work, path);
    return repository;
  } catch (error) {
    repository.remove();
    throw error;
  }
}

/** The digest of an image that nobody built: the same name, the same digest. */
export const digestOf = (name: string): string => `sha256:${createHash('sha256').update(name).digest('hex')}`;

/** A made-up image of each service, from a made-up commit: what CI would have pushed in its round `round`. */
export function pinsOf(services: readonly string[], round: string): Record<string, Pin> {
  const revision = createHash('sha1').update(round).digest('hex');
  return Object.fromEntries(services.map((name) => [name, { digest: digestOf(`${name} ${round}`), revision }]));
}

function copyTree(work: string): void {
  const words = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...parts];
  const files = runGit(root, words)
    .split('\0')
    .filter((file) => file !== '' && !isLeftOut.test(file) && existsSync(join(root, file)));
  for (const file of files) {
    mkdirSync(dirname(join(work, file)), { recursive: true });
    cpSync(join(root, file), join(work, file));
  }
}

/** The installed packages, but for our own: those are the clone's. */
function linkPackages(work: string): void {
  const own = '@millrace';
  const packages = join(work, 'node_modules');
  mkdirSync(join(packages, own), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules')).filter((each) => each !== own)) {
    symlinkSync(join(root, 'node_modules', name), join(packages, name));
  }
  for (const name of parts.filter((part) => existsSync(join(work, part, 'package.json')))) {
    symlinkSync(join('../..', name), join(packages, own, name));
  }
}

function startHistory(work: string, path: string): void {
  runGit(work, ['init', '--quiet', '--initial-branch=main']);
  const settings = {
    'user.name': 'Ada Example',
    'user.email': 'ada@example.com',
    'commit.gpgSign': 'false',
    'core.hooksPath': '.git/no-hooks',
    'core.autocrlf': 'false',
    'gc.auto': '0',
  };
  for (const [name, value] of Object.entries(settings)) runGit(work, ['config', name, value]);
  runGit(work, ['add', '--all']);
  runGit(work, ['commit', '--quiet', '--message', 'the platform as it is']);
  runGit(work, ['clone', '--quiet', '--bare', '.', path]);
  runGit(work, ['remote', 'add', 'origin', path]);
}

function writePins(file: string, pins: Record<string, Pin>): void {
  const { example, pins: old } = JSON.parse(readFileSync(file, 'utf8')) as Release;
  // An example names no image: once there is a first real one, none of the examples stays.
  const release: Release = { pins: { ...(example ? {} : old), ...pins } };
  writeFileSync(file, `${JSON.stringify(release, null, 2)}\n`);
}

function runGit(folder: string, words: readonly string[]): string {
  return execFileSync('git', ['-C', folder, ...words], {
    encoding: 'utf8',
    maxBuffer: maxOutputBytes,
    timeout: runDeadlineMs,
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trimEnd();
}

/** Without what Vitest tells its own processes. */
function runProgram(work: string, words: readonly string[]): Promise<Ended> {
  const env = { ...process.env, NODE_OPTIONS: '', ENV: '', OUT: '', JSON: '' };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      words,
      { cwd: work, env, timeout: runDeadlineMs, maxBuffer: maxOutputBytes },
      (error, output, errors) => resolve({ code: error ? Number(error.code ?? 1) : 0, output, errors }),
    );
  });
}
