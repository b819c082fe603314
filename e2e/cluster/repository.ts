import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import type { Release } from '@millrace/catalog/releases.ts';
import { seconds } from './patience.ts';

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
  /** The same, for one that must do well; gives its standard output. @throws with all that it said. */
  mustRun(program: string, ...words: string[]): Promise<string>;
  /** Runs git in the clone and gives what it prints. @throws with what it says when it fails. */
  git(...words: string[]): string;
  /** The digest of each service's image in an environment. */
  pinned(environment: EnvironmentName): Record<string, string>;
  /** Writes which images services run in an environment, as if they came from the newest commit. */
  pin(environment: EnvironmentName, digests: Record<string, string>): void;
  /** Changes a file of the clone by its text. @throws when that changes nothing. */
  edit(file: string, change: (text: string) => string): void;
  write(file: string, text: string): void;
  /** Commits everything that is changed; gives the commit. */
  commit(message: string): string;
  /** Pushes main; gives its commit. */
  push(): string;
  /** Takes a commit back by a new one; gives that. */
  revert(commit: string): string;
}

const root = join(import.meta.dirname, '../..');
/** What delivery needs of the working tree, whether it is committed or not. */
const parts = ['catalog', 'charts', 'fargate', 'policies', 'releases', 'package.json', '.gitignore', '.gitattributes'];
const isLeftOut = /(^|\/)fixtures\/|\.test\.ts$/;
const runDeadlineMs = seconds(120);
const maxOutputBytes = 64 * 1024 * 1024;

/** Makes both in a folder; the clone's first commit is the working tree as it is. */
export function makeRepository(folder: string): Repository {
  const repository = openRepository(folder);
  copyTree(repository.work);
  linkPackages(repository.work);
  startHistory(repository);
  return repository;
}

/** The repository and the clone that were made in a folder. */
export function openRepository(folder: string): Repository {
  const work = join(folder, 'work');
  const git = (...words: string[]): string => runGit(work, words);
  const run = (program: string, ...words: string[]): Promise<Ended> => runProgram(work, [program, ...words]);
  const fileOf = (environment: EnvironmentName): string => join(work, 'releases', `${environment}.json`);
  return {
    path: join(folder, 'millrace.git'),
    work,
    git,
    run,
    async mustRun(program, ...words) {
      const { code, output, errors } = await run(program, ...words);
      if (code !== 0) throw new Error(`${program} ${words.join(' ')}: exit code ${code}\n${output}${errors}`);
      return output;
    },
    pinned: (environment) =>
      Object.fromEntries(Object.entries(readPins(fileOf(environment))).map(([name, { digest }]) => [name, digest])),
    pin(environment, digests) {
      const revision = git('rev-parse', 'HEAD');
      const pins = Object.entries(digests).map(([name, digest]) => [name, { digest, revision }]);
      const all: Release = { pins: { ...readPins(fileOf(environment)), ...Object.fromEntries(pins) } };
      writeFileSync(fileOf(environment), `${JSON.stringify(all, null, 2)}\n`);
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
  };
}

/** The digest of an image that nobody built: of a service, in what CI would call a round of builds. */
export const digestIn = (round: string, service: string): string =>
  `sha256:${createHash('sha256').update(`${service} ${round}`).digest('hex')}`;

/** The digests of several services' images in a round. */
export const digestsIn = (round: string, services: readonly string[]): Record<string, string> =>
  Object.fromEntries(services.map((name) => [name, digestIn(round, name)]));

const readPins = (file: string): Release['pins'] => (JSON.parse(readFileSync(file, 'utf8')) as Release).pins;

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

function startHistory({ git, path }: Repository): void {
  git('init', '--quiet', '--initial-branch=main');
  const settings = {
    'user.name': 'Ada Example',
    'user.email': 'ada@example.com',
    'commit.gpgSign': 'false',
    'core.hooksPath': '.git/no-hooks',
    'core.autocrlf': 'false',
    'gc.auto': '0',
  };
  for (const [name, value] of Object.entries(settings)) git('config', name, value);
  git('add', '--all');
  git('commit', '--quiet', '--message', 'the platform as it is');
  git('clone', '--quiet', '--bare', '.', path);
  git('remote', 'add', 'origin', path);
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
  const options = { cwd: work, env, timeout: runDeadlineMs, maxBuffer: maxOutputBytes };
  return new Promise((resolve) => {
    execFile(process.execPath, words, options, (error, output, errors) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, output, errors });
    });
  });
}
