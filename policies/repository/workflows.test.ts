import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { services } from '@millrace/catalog/services.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { runActionlint, runZizmor } from '../scanning/workflows.ts';
import { findTool } from '../tools/build-tool.ts';
import { run } from './command.ts';
import { readTree } from './tree.ts';
import { commandsOf, pinsOf, workflowFaults } from './workflow-rules.ts';

const root = resolve(import.meta.dirname, '../..');
const makingMs = 10 * 60_000;
const files = readTree(root).files.filter(({ path }) => /^\.github\/(workflows|actions)\/.*\.ya?ml$/.test(path));
const workflows = files.filter(({ path }) => path.startsWith('.github/workflows/'));
const paths = (of: readonly { path: string }[]): string[] => of.map(({ path }) => join(root, path));

const shellFaults = async (text: string): Promise<string[]> => {
  const ended = await Promise.all(
    commandsOf(text).map((command) => run(['bash', '-n', '-c', command], { cwd: root, deadlineSeconds: 50 })),
  );
  return ended.filter(({ isOk }) => !isOk).map(({ output }) => output.trim());
};

test('there are workflows to look at', () => {
  const names = workflows.map(({ path }) => path.replace('.github/workflows/', ''));
  expect(names).toEqual([
    'diff.yml',
    'e2e.yml',
    'images.yml',
    'promote.yml',
    'scan.yml',
    'terraform.yml',
    'test.yml',
    'validate.yml',
  ]);
  expect(files.length).toBeGreaterThan(workflows.length);
});

describe.each(files)('$path', ({ text }) => {
  test('has only pinned actions, few rights, limits of time, and no expression in a command', () => {
    expect(workflowFaults(text)).toEqual([]);
  });

  test('has commands that a shell can read', async () => {
    expect(await shellFaults(text)).toEqual([]);
  });
});

test('every action has one version in the whole repository', () => {
  const pins = [...pinsOf(files.map(({ text }) => text))];
  expect(pins.length).toBeGreaterThan(5);
  expect(pins.filter(([, commits]) => commits.size > 1)).toEqual([]);
});

test('a workflow that breaks the rules is refused for each of them', async () => {
  const text = readFileSync(join(import.meta.dirname, 'fixtures/workflows/bad.yml'), 'utf8');
  expect(workflowFaults(text)).toEqual([
    'on pull_request_target: it gives a stranger rights',
    'permissions: write {} for the whole, and what a job needs in the job',
    'concurrency: write a group, so that an old run ends or is waited for',
    'job build: write its permissions, one by one',
    'job build: write timeout-minutes, 120 at most',
    'job build: name a version in runs-on',
    'job push: write timeout-minutes, 120 at most',
    'actions/checkout@v7: write persist-credentials: false',
    expect.stringMatching(/^run echo .*: hand expressions over in env$/),
    'actions/checkout@v7: pin it by its commit',
    'someone/action@0123456789abcdef0123456789abcdef01234567: say its version after it',
    'docker://alpine:3: pin it by its commit',
    './.github/actions/prepare: pin it by its commit',
    'contents: write: say after it what for',
    'SCANNER_IMAGE: name the image with its digest',
    'docker run someone/tool:1: name it in env, with its digest',
  ]);
  expect(await shellFaults(text)).toEqual([expect.stringContaining('syntax error')]);
});

test('images are built of every service, and of nothing else', () => {
  const { jobs } = parse(workflows.find(({ path }) => path.endsWith('/images.yml'))?.text ?? '') as {
    jobs: { image: { strategy: { matrix: { service: string[] } } } };
  };
  expect(jobs.image.strategy.matrix.service).toEqual(services.map(({ name }) => name));
});

describe('what others say of them', () => {
  beforeAll(async () => {
    await findTool('actionlint');
    await findTool('zizmor');
  }, makingMs);

  const lineOf = ({ file, line, id, message }: { file: string; line: number; id: string; message: string }): string =>
    `${relative(root, file)}:${line} ${id} ${message}`;

  test('actionlint has nothing against them', async () => {
    expect((await runActionlint(paths(workflows))).map(lineOf)).toEqual([]);
  });

  test('zizmor has nothing against them', async () => {
    expect((await runZizmor(paths(files))).map(lineOf)).toEqual([]);
  });
});
