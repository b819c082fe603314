import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { certificateFor } from '../outside/certificate.ts';
import type { KubeApi } from './kube-api.ts';
import { connectAs, readKubeconfig } from './kube-api.ts';
import type { ObjectCache } from './object-cache.ts';
import { cacheObjects } from './object-cache.ts';
import type { KubeObject } from './objects.ts';

// A stand-in for the API server that cuts lines when the test says so, which the real one does not.
let folder: string;
let server: Server;
let api: KubeApi;
let cache: ObjectCache<KubeObject>;
let changes: string[];
let notes: string[];
let items: KubeObject[];
let version = 10;
let isThere = true;
let watches: { from: string | null; user: string | undefined; response: ServerResponse }[];

const object = (name: string, uid = name): KubeObject => {
  version += 1;
  return { metadata: { name, namespace: 'order', uid, resourceVersion: String(version) } };
};

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'https://localhost');
  const user = request.headers['impersonate-user'];
  if (!isThere) {
    response.writeHead(404).end('{"message":"the server could not find the requested resource"}');
  } else if (url.searchParams.get('watch') === 'true') {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.flushHeaders();
    watches.push({ from: url.searchParams.get('resourceVersion'), user: String(user), response });
  } else {
    response.end(JSON.stringify({ metadata: { resourceVersion: String(version) }, items }));
  }
}

const tell = (type: string, what: object): void => {
  watches.at(-1)?.response.write(`${JSON.stringify({ type, object: what })}\n`);
};
const until = (isWished: () => boolean) => expect.poll(isWished, { timeout: 15_000, interval: 10 }).toBe(true);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-cache-'));
  const { certificate, key, certificateFile } = await certificateFor(['localhost'], folder);
  server = createServer({ cert: certificate, key }, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const kubeconfig = join(folder, 'kubeconfig');
  const cluster = { server: `https://localhost:${(server.address() as AddressInfo).port}` };
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      'current-context': 'here',
      clusters: [{ name: 'here', cluster: { ...cluster, 'certificate-authority': certificateFile } }],
      users: [{ name: 'admin', user: { token: 'a-token' } }],
      contexts: [{ name: 'here', context: { cluster: 'here', user: 'admin' } }],
    }),
  );
  [changes, notes, watches, items, isThere] = [[], [], [], [object('a'), object('b')], true];
  api = connectAs(readKubeconfig(kubeconfig), 'eks:fargate-manager');
  cache = cacheObjects<KubeObject>({ api, path: '/api/v1/pods', note: (line) => notes.push(line) });
  cache.onChange(({ metadata }, isGone) => changes.push(`${isGone ? '-' : '+'}${metadata.uid}`));
});
afterEach(async () => {
  await cache.stop();
  api.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

describe('a cache of objects', () => {
  test('is complete after the first list, and then follows each change', async () => {
    expect(cache.isComplete()).toBe(false);
    cache.start();
    await until(() => cache.isComplete() && watches.length === 1);
    expect(watches[0]).toMatchObject({ from: String(version), user: 'eks:fargate-manager' });
    tell('ADDED', object('c'));
    tell('DELETED', object('a'));
    await until(() => changes.length === 4);
    expect(changes).toEqual(['+a', '+b', '+c', '-a']);
    expect(cache.list().map(({ metadata }) => metadata.name)).toEqual(['b', 'c']);
  });

  test('goes on where it was after the connection is lost, and is told nothing twice', async () => {
    cache.start();
    await until(() => watches.length === 1);
    const added = object('c');
    tell('ADDED', added);
    await until(() => changes.length === 3);
    watches[0]?.response.destroy();
    await until(() => watches.length === 2);
    expect(watches[1]?.from).toBe(added.metadata.resourceVersion);
    tell('ADDED', added);
    tell('ADDED', object('d'));
    await until(() => changes.length === 4);
    expect(changes).toEqual(['+a', '+b', '+c', '+d']);
  });

  test('lists again when its place is too old, and tells what went and what came anew in the meantime', async () => {
    cache.start();
    await until(() => watches.length === 1);
    items = [object('b', 'b-anew'), object('e')];
    tell('ERROR', { kind: 'Status', code: 410, message: 'too old resource version' });
    watches[0]?.response.end();
    await until(() => watches.length === 2);
    expect([...changes.slice(2)].sort()).toEqual(['+b-anew', '+e', '-a', '-b']);
    expect(cache.get('order/b')?.metadata.uid).toBe('b-anew');
  });

  test('waits for a kind that is not there yet, and says so once', async () => {
    isThere = false;
    cache.start();
    await until(() => notes.length === 1);
    expect(notes[0]).toMatch(/^\/api\/v1\/pods cannot be read: .*404.* Trying again\.$/);
    isThere = true;
    // A watch that is being opened is not ended by a stop.
    await until(() => cache.isComplete() && watches.length === 1);
    expect(notes).toEqual([notes[0], '/api/v1/pods can be read again']);
  });
});

describe('a call', () => {
  test('gives the refusal as an answer, or throws it when it is not expected', async () => {
    isThere = false;
    expect((await api.ask('GET', '/api/v1/pods')).status).toBe(404);
    expect((await api.must('GET', '/api/v1/pods', { unless: [404] })).status).toBe(404);
    await expect(api.must('GET', '/api/v1/pods')).rejects.toThrow('GET /api/v1/pods: 404 the server could not find');
  });

  test('needs a kubeconfig that names a server', () => {
    const path = join(folder, 'none');
    writeFileSync(path, 'clusters: []');
    expect(() => readKubeconfig(path)).toThrow(/^E917 /);
    expect(() => readKubeconfig(join(folder, 'missing'))).toThrow(/^E917 /);
  });
});
