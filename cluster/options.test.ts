import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { readOptions } from './options.ts';

const nothing = {
  environment: undefined,
  dataDir: undefined,
  repository: undefined,
  branch: undefined,
  isKind: false,
};

test('without a word it is dev, this repository and the branch that it is on', () => {
  expect(readOptions([], nothing)).toEqual({
    environment: 'dev',
    dataDir: resolve('.local'),
    repository: join(import.meta.dirname, '..'),
    branch: undefined,
    isKind: false,
  });
});

test('variables are read, and words on the command line win', () => {
  const variables = { environment: 'prod', dataDir: '/a', repository: '/b', branch: 'c', isKind: true };
  expect(readOptions([], variables)).toEqual(variables);
  const words = ['--environment', 'staging', '--data-dir', '/d', '--repository', '/e', '--branch', 'f'];
  expect(readOptions(words, { ...variables, isKind: false })).toEqual({
    environment: 'staging',
    dataDir: '/d',
    repository: '/e',
    branch: 'f',
    isKind: false,
  });
});

test('an environment that there is not, and a word that nobody knows, are told in one line', () => {
  expect(() => readOptions([], { ...nothing, environment: 'production' })).toThrow(
    'ENV: E060 "production" is no environment. Write dev, staging, prod: one of them.',
  );
  expect(() => readOptions(['--branhc', 'x'], nothing)).toThrow(
    /^Unknown option '--branhc'.* See "node cluster\/main.ts --help"\.$/,
  );
});
