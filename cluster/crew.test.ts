import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ProcessPlan } from './child.ts';
import { Crew } from './crew.ts';
import { lockFolder } from './folder-lock.ts';
import { temporaryFolder, until } from './testing.ts';

let place: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  place = temporaryFolder();
});
afterEach(() => place.remove());

/** A shell as a program: it says that it is there, once it has done what comes `before`, and stays. */
function plan(name: string, { before = ':', script = 'while :; do sleep 1; done' } = {}): ProcessPlan {
  const sign = join(place.path, `${name}.sign`);
  return {
    name,
    program: '/bin/sh',
    words: ['-c', `${before}; echo here >> ${sign}; ${script}`],
    environment: { PATH: process.env.PATH ?? '' },
    folder: place.path,
    logFile: join(place.path, `logs/${name}.log`),
    isReady: async () => existsSync(sign),
  };
}

const isAlive = (pid: number | undefined): boolean => {
  try {
    return pid !== undefined && process.kill(pid, 0) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};

const announced = (): Record<string, unknown> =>
  JSON.parse(readFileSync(join(place.path, 'cluster.json'), 'utf8')) as Record<string, unknown>;

test('a program that is killed starts again by itself, and its new number is announced', async () => {
  const notes: string[] = [];
  const crew = new Crew<string>(place.path, (line) => notes.push(line));
  await crew.start(plan('one'));
  await crew.announce({ environment: 'dev' });
  const { one: first } = crew.pids();
  expect(announced()).toEqual({ environment: 'dev', pids: { one: first, supervisor: process.pid } });
  await crew.kill('one', 'SIGKILL');
  expect(isAlive(first)).toBe(false);
  await until('it is there again', () => isAlive(crew.pids()['one']));
  await until('its number is announced', () => {
    const { pids } = announced() as { pids: Record<string, number> };
    return pids['one'] === crew.pids()['one'] && pids['one'] !== first;
  });
  expect(notes).toEqual(['one ended (SIGKILL); it starts again.']);
  const { one: second } = crew.pids();
  await crew.stop([]);
  expect(isAlive(second)).toBe(false);
  expect(existsSync(join(place.path, 'cluster.json'))).toBe(false);
  expect(existsSync(join(place.path, 'processes.json'))).toBe(false);
});

test('programs are stopped in the order of their groups', async () => {
  const crew = new Crew<string>(place.path, () => undefined);
  const ends = join(place.path, 'ends');
  const before = (name: string): string => `trap 'echo ${name} >> ${ends}; exit 0' TERM`;
  const script = 'while :; do sleep 0.05; done';
  for (const name of ['store', 'server', 'client', 'other']) {
    await crew.start(plan(name, { before: before(name), script }));
  }
  await crew.stop([['client'], ['server'], ['store']]);
  expect(readFileSync(ends, 'utf8').trim().split('\n')).toEqual(['other', 'client', 'server', 'store']);
});

test('a program that does not start is told with its last words', async () => {
  const crew = new Crew<string>(place.path, () => undefined);
  const broken = {
    ...plan('broken', { script: 'echo "error: no such flag" >&2; exit 3' }),
    isReady: async () => false,
  };
  await expect(crew.start(broken)).rejects.toMatchObject({
    exitCode: 5,
    message: 'E921 broken does not start: error: no such flag',
  });
  await crew.stop([]);
});

test('what a killed supervisor left is ended at the next start, and a stranger with an old number is not', async () => {
  const left = spawn('/bin/sleep', ['60'], { stdio: 'ignore', detached: true });
  const stranger = spawn('/bin/sleep', ['60'], { stdio: 'ignore', detached: true });
  const startedAt = readFileSync(`/proc/${left.pid}/stat`, 'utf8').split(' ')[21];
  const list = [
    { name: 'etcd', pid: left.pid, startedAt },
    { name: 'redis', pid: stranger.pid, startedAt: '1' },
  ];
  writeFileSync(join(place.path, 'processes.json'), JSON.stringify(list));
  try {
    expect(await new Crew<string>(place.path, () => undefined).clear()).toEqual(['etcd']);
    expect([isAlive(left.pid), isAlive(stranger.pid)]).toEqual([false, true]);
  } finally {
    stranger.kill('SIGKILL');
  }
});

test('its programs die with a supervisor that is killed', async () => {
  const script = `
    import { Crew } from ${JSON.stringify(join(import.meta.dirname, 'crew.ts'))};
    import { existsSync } from 'node:fs';
    const crew = new Crew(${JSON.stringify(place.path)}, () => undefined);
    const sign = ${JSON.stringify(join(place.path, 'sign'))};
    await crew.start({ name: 'one', program: '/bin/sh', words: ['-c', 'touch ' + sign + '; while :; do sleep 1; done'],
      environment: {}, folder: ${JSON.stringify(place.path)}, logFile: ${JSON.stringify(join(place.path, 'one.log'))},
      isReady: async () => existsSync(sign) });
    await crew.announce({});
    setInterval(() => undefined, 1000);
  `;
  const supervisor = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'ignore' });
  await until('the supervisor announces', () => existsSync(join(place.path, 'cluster.json')));
  const { pids } = announced() as { pids: Record<string, number> };
  expect(isAlive(pids['one'])).toBe(true);
  supervisor.kill('SIGKILL');
  await until('its program is gone', () => !isAlive(pids['one']));
  expect(await new Crew<string>(place.path, () => undefined).clear()).toEqual([]);
});

test('two clusters do not share a folder', async () => {
  const lock = await lockFolder(place.path);
  await expect(lockFolder(place.path)).rejects.toMatchObject({
    exitCode: 5,
    message: `E920 a cluster already runs on ${place.path} (process ${process.pid}). Use that one, stop it, or set another DATA_DIR.`,
  });
  lock.release();
  (await lockFolder(place.path)).release();
});
