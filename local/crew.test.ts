import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Crew } from './crew.ts';
import { readEndpoints } from './endpoints.ts';

const url = 'http://localhost:8090';
const endpoints = { gateway: url, aws: url, control: url, issuer: url, services: {}, databases: {} };
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-crew-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a platform is announced however much is told in the same moment', async () => {
  const notes: string[] = [];
  const crew = new Crew(folder, (line) => notes.push(line));
  const told = await Promise.all(Array.from({ length: 20 }, () => crew.announce(endpoints)));
  expect(new Set(told.map(({ pids }) => pids['supervisor']))).toEqual(new Set([process.pid]));
  expect(await readEndpoints(join(folder, 'endpoints.json'))).toEqual(told.at(-1));
  await crew.stop([]);
  expect(await readdir(folder)).toEqual([]);
  expect(notes).toEqual([]);
});
