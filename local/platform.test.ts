import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { services } from '@millrace/catalog/services.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { developer, firstSite } from './developer.ts';
import type { TestPlatform } from './testing.ts';
import { askForToken, startTestPlatform } from './testing.ts';

const deadlineMs = 90_000;
const processes = services.flatMap(({ name, workloads }) => {
  const own = Object.keys(workloads);
  return own.length > 1 ? own.map((workload) => `${name}-${workload}`) : [name];
});
const everybody = [...processes, 'aws', 'gateway', 'mail', 'postgres', 'supervisor'].sort();
let dataDir: string;
let platform: TestPlatform;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'millrace-platform-'));
  platform = await startTestPlatform({ dataDir });
}, 120_000);

afterAll(async () => {
  await platform.end('SIGTERM');
  await rm(dataDir, { recursive: true, force: true });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + deadlineMs;
  while (!(await condition().catch(() => false))) {
    if (Date.now() > deadline) throw new Error(`the condition did not come true\n${platform.output()}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function listSites(): Promise<{ status: number; ids: string[] }> {
  const { gateway } = await platform.endpoints();
  const token = await askForToken(gateway, { sub: developer.sub, scopes: ['analytics:read'] });
  const response = await fetch(`${gateway}/api/analytics/sites`, { headers: { authorization: `Bearer ${token}` } });
  const body = (await response.json()) as { items?: { id: string }[] };
  return { status: response.status, ids: body.items?.map((site) => site.id) ?? [] };
}

/** Another supervisor, which is expected to refuse. */
async function refusal(options: { dataDir: string; port?: number }): Promise<string> {
  const other = await startTestPlatform(options).catch((error: unknown) => String(error));
  if (typeof other === 'string') return other;
  await other.end('SIGTERM');
  throw new Error('it started');
}

test('endpoints.json names everything that runs, and everything runs', async () => {
  const endpoints = await platform.endpoints();
  expect(Object.keys(endpoints).sort()).toEqual(
    ['aws', 'control', 'databases', 'gateway', 'issuer', 'pids', 'services'].sort(),
  );
  expect(Object.keys(endpoints.pids).sort()).toEqual(everybody);
  expect(Object.keys(endpoints.services).sort()).toEqual(services.map(({ name }) => name).sort());
  const databases = services.filter(({ database }) => database).map(({ name }) => name);
  expect(Object.keys(endpoints.databases).sort()).toEqual([...databases, 'warehouse'].sort());
  expect(Object.values(endpoints.pids).every(isAlive)).toBe(true);
  expect(platform.output()).toContain('Millrace is ready');
});

test('the gateway leads to the page, the API, the tracker and the issuer, and nowhere else', async () => {
  const { gateway } = await platform.endpoints();
  const get = async (path: string) => {
    const response = await fetch(gateway + path);
    return [response.status, response.headers.get('content-type')?.split(';')[0]];
  };
  expect(await get('/')).toEqual([200, 'text/html']);
  expect(await get('/t.js')).toEqual([200, 'text/javascript']);
  expect(await get('/api/analytics/openapi.json')).toEqual([200, 'application/json']);
  expect(await get('/api/analytics/sites')).toEqual([401, 'application/problem+json']);
  expect(await get('/local/oidc/.well-known/openid-configuration')).toEqual([200, 'application/json']);
  expect(await get('/local/mail')).toEqual([200, 'text/html']);
  expect(await get('/local/mail/api/messages')).toEqual([200, 'application/json']);
  expect(await get('/local/nothing')).toEqual([404, 'application/problem+json']);
  expect(await get('/metrics')).toEqual([404, 'application/problem+json']);
  expect(await get('/api/orders')).toEqual([401, 'application/problem+json']);
  expect(await get('/api/order/openapi.json')).toEqual([200, 'application/json']);
  expect(await get('/api/orders/openapi.json')).toEqual([200, 'application/json']);
  expect(await get('/api/nothing')).toEqual([404, 'application/problem+json']);
});

test("the developer's first site is there", async () => {
  expect(await listSites()).toEqual({ status: 200, ids: [firstSite.id] });
});

test('each process that is killed comes back by itself, and the numbers are told', async () => {
  const before = (await platform.endpoints()).pids;
  const killed = everybody.filter((name) => name !== 'supervisor');
  for (const name of killed) process.kill(before[name] ?? 0, 'SIGKILL');
  await until(async () => {
    const { pids } = await platform.endpoints();
    return killed.every((name) => pids[name] !== undefined && pids[name] !== before[name]);
  });
  await until(async () => (await listSites()).ids.length === 1);
}, 200_000);

test('a second supervisor on the same folder is told who runs', async () => {
  const line = await refusal({ dataDir });
  expect(line).toContain('(5)');
  expect(line).toContain(`already runs on ${dataDir}: process ${platform.pid}, http://localhost:`);
});

test('a port that is taken is named with its owner, and nothing starts', async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const other = await mkdtemp(join(tmpdir(), 'millrace-taken-'));
  const line = await refusal({ dataDir: other, port });
  expect(line).toContain('(5)');
  expect(line).toContain(`port ${port} is taken by process ${process.pid}`);
  expect(await readdir(other)).not.toContain('postgres');
  await new Promise((done) => server.close(done));
  await rm(other, { recursive: true, force: true });
});

test('a killed supervisor leaves nothing that blocks the next start', async () => {
  const before = (await platform.endpoints()).pids;
  await platform.end('SIGKILL');
  platform = await startTestPlatform({ dataDir });
  await until(async () => !Object.values(before).some(isAlive));
  expect((await listSites()).ids).toEqual([firstSite.id]);
}, 240_000);

test('Ctrl-C stops everything in order and takes endpoints.json away', async () => {
  const { pids } = await platform.endpoints();
  expect(await platform.end('SIGINT')).toBe(0);
  expect(Object.values(pids).filter(isAlive)).toEqual([]);
  expect(await readdir(dataDir)).not.toContain('endpoints.json');
  expect(await readFile(join(dataDir, 'logs', 'postgres.log'), 'utf8')).toContain('database system is shut down');
  platform = await startTestPlatform({ dataDir });
}, 240_000);
