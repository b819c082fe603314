import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { MachineFault } from './fault.ts';
import { lockFolder } from './platform-lock.ts';
import { findPortOwner } from './port-owner.ts';
import { findFreePort, isFree, reservePort } from './ports.ts';
import { checkNode, readSettings, UsageFault } from './settings.ts';

test('settings have defaults, and everything that is not ours is passed on', () => {
  expect(readSettings({ LOG_LEVEL: 'debug', AWS_PROFILE: 'work', NODE_OPTIONS: '--inspect' })).toEqual({
    port: 8080,
    anyPorts: false,
    dataDir: resolve('.local'),
    variables: { LOG_LEVEL: 'debug' },
  });
  expect(readSettings({ PORT: '0', DATA_DIR: '/tmp/x' })).toMatchObject({ port: 0, anyPorts: true, dataDir: '/tmp/x' });
});

test.each(['eighty', '-1', '65536', '80.5', '8e1'])('PORT=%s is wrong usage', (PORT) => {
  expect(() => readSettings({ PORT })).toThrow(UsageFault);
});

test('Node before 24 is refused with the way out', () => {
  expect(() => checkNode('20.20.2')).toThrow(/this is Node 20\.20\.2; the platform needs Node 24/);
  expect(() => checkNode('24.0.0')).not.toThrow();
});

test('the owner of a taken port is named', async () => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  expect(await isFree(port)).toBe(false);
  expect(await findPortOwner(port)).toEqual({ pid: process.pid, command: expect.any(String) });
  await new Promise((done) => server.close(done));
  expect(await findPortOwner(port)).toBeUndefined();
  expect(await isFree(await findFreePort())).toBe(true);
});

test('a port that one reserved is not given to another', async () => {
  const port = await reservePort(0);
  expect(await reservePort(port)).not.toBe(port);
});

test('a folder is held by one, the second is told by whom, and a release gives it back', async () => {
  // The whole machine knows who holds a folder; others may run this test too.
  const folder = `/some/folder/${process.pid}`;
  const first = await lockFolder(folder, { url: 'http://localhost:1' });
  const refusal = await lockFolder(folder, { url: 'http://localhost:2' }).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(MachineFault);
  expect(String(refusal)).toContain(`already runs on ${folder}: process ${process.pid}, http://localhost:1`);
  await expect(lockFolder(`${folder}/other`, { url: 'x' }).then((lock) => lock.release())).resolves.toBeUndefined();
  first.release();
  const again = await lockFolder(folder, { url: 'http://localhost:3' });
  again.release();
});
