import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '@millrace/runtime/testing/wait.ts';
import postgres from 'postgres';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MachineFault } from './fault.ts';
import { findFreePort } from './ports.ts';
import type { PostgresServer } from './postgres.ts';
import { ensureDatabase, startPostgres } from './postgres.ts';

let folder: string;
let dataDir: string;
const running = new Set<PostgresServer>();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-postgres-'));
  dataDir = join(folder, 'postgres');
});

afterEach(async () => {
  await Promise.all([...running].map((server) => server.stop()));
  running.clear();
  await rm(folder, { recursive: true, force: true });
});

async function start(settings: Record<string, string> = {}): Promise<PostgresServer> {
  const server = await startPostgres({ dataDir, settings });
  running.add(server);
  return server;
}

async function ask(url: string, text: string): Promise<Record<string, unknown>[]> {
  const sql = postgres(url, { max: 1, connect_timeout: 30, onnotice: () => undefined });
  try {
    return await sql.unsafe(text);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Another process that starts the server and stays, as a supervisor does. */
async function startElsewhere(): Promise<{ kill(): Promise<void>; postgresPid: number }> {
  const script = `
    const { startPostgres } = await import(${JSON.stringify(new URL('postgres.ts', import.meta.url).href)});
    const server = await startPostgres({ dataDir: ${JSON.stringify(dataDir)} });
    console.log(server.pid);
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    postgresPid: Number(line.toString()),
    kill: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

test('a new folder becomes a durable server that only this machine reaches, and keeps what it was told', async () => {
  const server = await start();
  const [settings] = await ask(
    server.url,
    `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
      current_setting('listen_addresses') as listen, current_setting('server_version_num')::int / 10000 as major,
      current_setting('data_checksums') as checksums`,
  );
  expect(settings).toMatchObject({ fsync: 'on', commit: 'on', listen: '127.0.0.1', major: 17 });
  await ask(server.url, 'create table kept as select 7 as seven');
  await server.stop();
  expect(await server.exited).toBe('exit 0');
  expect(await ask((await start()).url, 'select seven from kept')).toEqual([{ seven: 7 }]);
});

test('a wrong password is refused', async () => {
  const server = await start();
  const url = new URL(server.url);
  url.password = 'wrong';
  await expect(ask(url.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
});

test('a database and its role are made once, and the role owns nothing else', async () => {
  const server = await start();
  const urls = await Promise.all([1, 2].map(() => ensureDatabase(server.url, { name: 'orders', role: 'orders' })));
  expect(urls[0]).toBe(urls[1]);
  await ask(urls[0] ?? '', 'create table mine (id int)');
  expect(await ask(urls[0] ?? '', 'select current_user::text as who')).toEqual([{ who: 'orders' }]);
  await expect(ask(urls[0] ?? '', 'create database more')).rejects.toMatchObject({ code: '42501' });
});

test('a server whose supervisor was killed is taken over with everything committed', async () => {
  const other = await startElsewhere();
  await other.kill();
  const server = await start();
  expect(server.pid).not.toBe(other.postgresPid);
  expect(await ask(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a server that another session still runs is ended, and the folder is served once', async () => {
  const first = await start();
  await ask(first.url, 'create table kept as select 7 as seven');
  const second = await start();
  await first.exited;
  expect(await ask(second.url, 'select seven from kept')).toEqual([{ seven: 7 }]);
  await expect(ask(first.url, 'select 1')).rejects.toThrow();
});

test('a killed server starts again at once although its backends were busy, with what was committed', async () => {
  const port = await findFreePort();
  const server = await startPostgres({ dataDir, port });
  await ask(server.url, 'create table kept as select 7 as seven');
  const busy = ask(server.url, 'select pg_sleep(30)').catch((error: unknown) => error);
  const asleep = "select 1 from pg_stat_activity where query = 'select pg_sleep(30)'";
  await waitFor(async () => (await ask(server.url, asleep)).length === 1);
  process.kill(server.pid, 'SIGKILL');
  expect(await server.exited).toBe('SIGKILL');
  const again = await startPostgres({ dataDir, port });
  running.add(again);
  expect(await ask(again.url, 'select seven from kept')).toEqual([{ seven: 7 }]);
  expect(await busy).toBeInstanceOf(Error);
});

test('what a kill left of the first start is swept away', async () => {
  await mkdir(join(folder, 'postgres.half-made-999999'));
  await writeFile(join(folder, 'postgres.half-made-999999.password'), 'x');
  await writeFile(join(folder, 'postgres.half-made-999999', 'PG_VERSION'), '17');
  await start();
  expect(await readdir(folder)).toEqual(['postgres']);
});

test('a lock that names a process of somebody else does not stop the start', async () => {
  await (await start()).stop();
  await writeFile(join(dataDir, 'postmaster.pid'), `${process.pid}\n${dataDir}\n0\n1\n\n127.0.0.1\n0\nready\n`);
  expect(await ask((await start()).url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a folder of something else is refused in one line, and not touched', async () => {
  await mkdir(dataDir);
  await writeFile(join(dataDir, 'letter.txt'), 'mine');
  const refusal = await start().catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(MachineFault);
  expect(String(refusal)).toMatch(/is not a PostgreSQL data folder\. Move it away/);
  expect(await readdir(dataDir)).toEqual(['letter.txt']);
});

test('a folder of another version is refused in one line', async () => {
  await mkdir(dataDir);
  await writeFile(join(dataDir, 'PG_VERSION'), '15\n');
  await expect(start()).rejects.toThrow(/was made by PostgreSQL 15; this is 17/);
});

test('a port that is taken is named in one line', async () => {
  const server = await start();
  const other = join(folder, 'other');
  await expect(startPostgres({ dataDir: other, port: server.port })).rejects.toThrow(/port \d+ is taken/);
});

test('two first starts of different folders at once both succeed', async () => {
  const servers = await Promise.all(
    ['one', 'two'].map((name) => startPostgres({ dataDir: join(folder, name), settings: { fsync: 'off' } })),
  );
  for (const server of servers) running.add(server);
  expect(new Set(servers.map((server) => server.port)).size).toBe(2);
});
