import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Child } from './child.ts';
import { runToEnd, superviseChild } from './child.ts';
import { MachineFault } from './fault.ts';
import type { LogFile } from './log-file.ts';
import { openLogFile } from './log-file.ts';
import { findFreePort } from './ports.ts';

const deadlineMs = 30_000;
let folder: string;
let log: LogFile;
let child: Child | undefined;
let pids: (number | undefined)[];
let notes: string[];
const watcher = {
  onPid: (_name: string, pid: number | undefined): void => void pids.push(pid),
  onNote: (line: string): void => void notes.push(line),
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-child-'));
  log = openLogFile(join(folder, 'child.log'), () => undefined);
  pids = [];
  notes = [];
});

afterEach(async () => {
  await child?.stop(500);
  child = undefined;
  log.close();
  await rm(folder, { recursive: true, force: true });
});

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('the condition did not come true');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const server = `
  require('node:http').createServer((request, response) => response.end('ready')).listen(Number(process.env.PORT), '127.0.0.1');
  console.log('listening');
  process.on('disconnect', () => process.exit(0));`;

async function start(program: string): Promise<{ url: string }> {
  const script = join(folder, 'program.cjs');
  await writeFile(script, program);
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  child = superviseChild({ name: 'fake', args: [script], env: { PORT: String(port) }, readyUrl: url }, log, watcher);
  return { url };
}

const isUp = async (url: string): Promise<boolean> =>
  fetch(url).then(
    (response) => response.ok,
    () => false,
  );

test('a killed process comes back at once, under a new number that is told', async () => {
  const { url } = await start(server);
  await child?.ready();
  const [first] = pids;
  process.kill(first ?? 0, 'SIGKILL');
  await until(async () => pids.length === 3 && (await isUp(url)));
  expect(pids).toEqual([first, undefined, expect.any(Number)]);
  expect(pids[2]).not.toBe(first);
  expect(notes).toEqual([expect.stringContaining('fake ended (SIGKILL); it starts again.')]);
  await until(async () => (await readFile(join(folder, 'child.log'), 'utf8')) === 'listening\nlistening\n');
});

test('a process that cannot start ends the wait with its own words', async () => {
  await start(`throw new Error('the frobnicator is missing')`);
  const refusal = await child?.ready().catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(MachineFault);
  expect(String(refusal)).toContain('fake does not start: Error: the frobnicator is missing');
});

test('a process that does not listen to SIGTERM is killed, and does not come back', async () => {
  const { url } = await start(`process.on('SIGTERM', () => undefined);${server}`);
  await child?.ready();
  // It would never end by itself.
  await child?.stop(200);
  expect(await isUp(url)).toBe(false);
  expect(pids.at(-1)).toBeUndefined();
});

test('a program that ends by itself is waited for, and its failure is told', async () => {
  const plan = (program: string) => ({ name: 'once', args: ['-e', program], env: {} });
  await runToEnd(plan('process.exit(0)'), log, watcher);
  const refusal = runToEnd(plan(`console.error('could not start: no table'); process.exit(5)`), log, watcher);
  await expect(refusal).rejects.toThrow('once failed (exit 5): could not start: no table');
});

test('a log has two files of bounded size and keeps the newest lines', async () => {
  const path = join(folder, 'big.log');
  const big = openLogFile(path, () => undefined);
  for (let index = 0; index < 30; index += 1) big.write(`${String(index).repeat(500_000)}\n`);
  big.write('last\n');
  big.close();
  const sizes = await Promise.all([path, `${path}.1`].map(async (name) => (await stat(name)).size));
  expect(Math.max(...sizes)).toBeLessThan(10 * 1024 * 1024);
  expect((await readFile(path, 'utf8')).endsWith('last\n')).toBe(true);
});
