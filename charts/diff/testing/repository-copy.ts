import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { repositoryRoot } from '../command.ts';

/** What a run of a program left. */
export interface Run {
  code: number | null;
  out: string;
  err: string;
}

/** A copy of this repository in a temporary folder, as far as the charts need it: a test may change it and commit. */
export interface RepositoryCopy {
  root: string;
  git(...words: string[]): string;
  /** Writes everything that changed into a commit and gives its revision. */
  commit(message: string): string;
  /** Changes a file's text. @throws when nothing changes, so that a test does not pass by accident. */
  edit(path: string, change: (text: string) => string): void;
  write(path: string, text: string): void;
  /** Runs a program of the copy, such as `charts/diff/main.ts`. */
  run(program: string, words?: readonly string[], variables?: Record<string, string>): Run;
  remove(): void;
}

const ownPackages = ['catalog', 'fargate', 'charts'];
const otherPackages = ['cdk8s', 'cdk8s-plus-29', 'constructs', 'yaml', 'zod'];
const folders = [...ownPackages, 'releases', 'bench/results', 'policies/admission'];

/** What `make validate` needs. */
const policyFolders = ['policies'];

/** Makes a copy, with a Git repository unless told otherwise, and with `make validate` where it is wanted. */
export function copyRepository(options: { withGit?: boolean; withPolicies?: boolean } = {}): RepositoryCopy {
  const root = mkdtempSync(join(tmpdir(), 'millrace-diff-'));
  for (const folder of [...folders, ...(options.withPolicies ? policyFolders : [])])
    cpSync(join(repositoryRoot, folder), join(root, folder), { recursive: true });
  mkdirSync(join(root, 'node_modules/@millrace'), { recursive: true });
  for (const name of ownPackages) symlinkSync(join(root, name), join(root, 'node_modules/@millrace', name));
  for (const name of otherPackages)
    symlinkSync(join(repositoryRoot, 'node_modules', name), join(root, 'node_modules', name));
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }\n');
  writeFileSync(join(root, '.gitignore'), 'node_modules\n');
  const environment = gitEnvironment(root);
  const git = (...words: string[]): string =>
    execFileSync('git', ['-C', root, ...words], { encoding: 'utf8', env: environment }).trim();
  if (options.withGit ?? true) git('init', '--quiet', '--initial-branch=main');
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  return {
    root,
    git,
    write,
    commit: (message) => {
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '--message', message);
      return git('rev-parse', 'HEAD');
    },
    edit: (path, change) => {
      const before = readFileSync(join(root, path), 'utf8');
      const after = change(before);
      if (after === before) throw new Error(`${path} did not change`);
      write(path, after);
    },
    run: (program, words = [], variables = {}) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, program), ...words], {
        cwd: root,
        encoding: 'utf8',
        env: { ...environment, ...variables },
      });
      return { code: status, out: stdout, err: stderr };
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

/** Nothing of the machine's own settings of Git, and nothing that make exports. */
function gitEnvironment(root: string): Record<string, string> {
  const person = { NAME: 'Test', EMAIL: 'test@millrace.example', DATE: '2026-01-01T00:00:00Z' };
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: root,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CEILING_DIRECTORIES: tmpdir(),
    ...Object.fromEntries(
      Object.entries(person).flatMap(([name, value]) => [
        [`GIT_AUTHOR_${name}`, value],
        [`GIT_COMMITTER_${name}`, value],
      ]),
    ),
  };
}
