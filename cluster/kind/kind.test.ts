import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { temporaryFolder } from '../testing.ts';
import { kindConfiguration, nodeImage } from './configuration.ts';
import { openHostDoor } from './host-door.ts';
import { findKindTools } from './tools.ts';

let place: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  place = temporaryFolder();
  mkdirSync(join(place.path, 'bin'));
});
afterEach(() => place.remove());

/** A program that writes down its words and its input, and answers. */
function fake(name: string, answer: string): void {
  const path = join(place.path, 'bin', name);
  writeFileSync(path, `#!/bin/sh\necho "$0 $@" >> ${place.path}/calls\ncat >> ${place.path}/input\n${answer}\n`);
  chmodSync(path, 0o755);
}

test('without Docker or kind, one line says what is missing and what does the same', async () => {
  vi.stubEnv('PATH', join(place.path, 'bin'));
  fake('docker', 'exit 0');
  fake('kubectl', 'exit 0');
  await expect(findKindTools()).rejects.toMatchObject({
    exitCode: 5,
    message:
      'E925 KIND=1 needs kind (https://kind.sigs.k8s.io/docs/user/quick-start). Without Docker, "make cluster" does the same.',
  });
});

test('a Docker that does not answer is told before anything is made', async () => {
  vi.stubEnv('PATH', `${join(place.path, 'bin')}:/usr/bin:/bin`);
  for (const name of ['kind', 'kubectl']) fake(name, 'exit 0');
  fake('docker', 'echo "Cannot connect to the Docker daemon" >&2; exit 1');
  await expect(findKindTools()).rejects.toMatchObject({
    exitCode: 5,
    message: 'E925 Docker does not answer ("docker info"). Start it, or run "make cluster" without KIND=1.',
  });
  expect(readFileSync(join(place.path, 'calls'), 'utf8')).toMatch(
    /^\S+docker info --format \{\{\.ServerVersion\}\}\n$/,
  );
});

test('a program gets its words and its input, and when it fails its last words are told', async () => {
  vi.stubEnv('PATH', `${join(place.path, 'bin')}:/usr/bin:/bin`);
  fake('docker', 'echo 28');
  fake('kubectl', 'echo applied');
  fake('kind', 'echo one >&2; echo "ERROR: no space" >&2; exit 2');
  const tools = await findKindTools();
  expect(await tools.run('kubectl', ['apply', '--filename=-'], 'an object')).toBe('applied\n');
  expect(readFileSync(join(place.path, 'input'), 'utf8')).toBe('an object');
  await expect(tools.run('kind', ['create', 'cluster', '--config', '-'])).rejects.toMatchObject({
    exitCode: 5,
    message: 'E926 "kind create cluster --config" failed (2): ERROR: no space',
  });
});

test('the node runs the Kubernetes of the clusters, pinned by digest', () => {
  expect(nodeImage).toMatch(/^kindest\/node:v1\.35\.\d+@sha256:[0-9a-f]{64}$/);
  expect(parse(kindConfiguration('dev'))).toMatchObject({
    name: 'millrace-dev',
    networking: { apiServerAddress: '127.0.0.1' },
    nodes: [{ role: 'control-plane', image: nodeImage }],
  });
});

test('what containers send to the gateway arrives at the proxy of this machine', async () => {
  const proxy = createServer((socket) => void socket.end('hello'));
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as { port: number };
  // 127.0.0.2 stands for Docker's own address of this machine.
  const door = await openHostDoor('127.0.0.2', new URL(`http://127.0.0.1:${port}`));
  const url = new URL(door.url);
  expect(url.hostname).toBe('127.0.0.2');
  const heard = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(url.port), url.hostname).setEncoding('utf8');
    socket.once('data', (text: string) => resolve(text)).once('error', reject);
  });
  expect(heard).toBe('hello');
  door.close();
  proxy.close();
  // An address that this machine does not have: Docker Desktop, where its name for the machine leads here.
  const other = await openHostDoor('192.0.2.1', new URL(`http://127.0.0.1:${port}`));
  expect(other.url).toBe(`http://host.docker.internal:${port}`);
});
