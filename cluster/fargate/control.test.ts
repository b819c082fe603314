import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environments } from '@millrace/catalog/environments.ts';
import { planProfiles } from '@millrace/catalog/profiles.ts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Listener } from '../outside/listener.ts';
import { startControl } from './control.ts';
import { openImageBehaviours } from './image-behaviour.ts';
import type { KubeApi, KubeReply } from './kube-api.ts';
import type { Pod } from './objects.ts';
import type { HeldCache } from './testing.ts';
import { digest, heldCache, imageOf, nodeOf, podOf } from './testing.ts';
import type { World } from './world.ts';

let folder: string;
let control: Listener;
let pods: HeldCache<Pod>;
let evictions: string[];
let answerEviction: (path: string) => KubeReply;
let imageChanges = 0;

const unfit = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: 'no nodes' } as const;
const running = podOf({
  meta: { name: 'order-api', uid: 'uid-1', annotations: { CapacityProvisioned: '0.25vCPU 0.5GB' } },
  spec: { nodeName: 'node-1' },
  status: { phase: 'Running', podIP: '10.0.32.10', conditions: [{ type: 'Ready', status: 'True' }] },
});
const successor: Pod = { ...running, metadata: { ...running.metadata, uid: 'uid-3' } };
const replace = (): void => {
  pods.remove(running);
  pods.put(successor);
};
const left = podOf({ meta: { name: 'stray', uid: 'uid-2' }, status: { phase: 'Pending', conditions: [unfit] } });

/** An API server that has no objects beside the pods of the test, and that evicts as the test says. */
const api: Pick<KubeApi, 'ask' | 'must'> = {
  ask: async (method, path) => {
    if (method === 'POST') evictions.push(path);
    return path.endsWith('/eviction') ? answerEviction(path) : { status: 200, body: { items: [] } };
  },
  must: async (method, path) => {
    if (method === 'DELETE') replace();
    return api.ask(method, path);
  },
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-control-'));
  pods = heldCache([running, left]);
  evictions = [];
  imageChanges = 0;
  answerEviction = () => {
    replace();
    return { status: 201, body: {} };
  };
  const world: World = {
    environment: environments.dev,
    profiles: planProfiles('dev'),
    bootMs: 300,
    images: openImageBehaviours(folder),
    pods,
    nodes: heldCache([
      nodeOf('node-1', 'b', { 'millrace.dev/pod': 'order/order-api', 'millrace.dev/fargate-profile': 'dev-any' }),
    ]),
    users: { manager: api } as World['users'],
    note: () => undefined,
  };
  const onImages = (): void => {
    imageChanges += 1;
  };
  control = await startControl({ port: 0, world, isReady: () => true, onImages });
});
afterEach(async () => {
  await control.close();
  rmSync(folder, { recursive: true, force: true });
});

const ask = async (method: string, path: string, body?: unknown) => {
  const response = await fetch(`${control.url}${path}`, {
    method,
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
};

describe('GET /state', () => {
  test('tells of each pod where it runs and what is billed, or why it waits', async () => {
    const { body } = await ask('GET', '/state');
    expect(body).toMatchObject({
      environment: 'dev',
      pods: [
        {
          name: 'order-api',
          node: 'node-1',
          zone: 'b',
          size: '0.25vCPU 0.5GB',
          profile: 'dev-any',
          ready: true,
          images: [imageOf('a')],
          waiting: null,
        },
        { name: 'stray', node: null, waiting: { reason: 'Unschedulable', message: 'no nodes' } },
      ],
      nodes: [{ name: 'node-1', zone: 'b', pod: 'order/order-api', ready: true }],
      images: {},
      patchDay: null,
    });
  });
});

describe('PUT /images/{digest}', () => {
  test('sets how an image behaves, and has the pods looked at', async () => {
    expect((await ask('PUT', `/images/${digest('a')}`, { behaviour: 'crashes' })).status).toBe(200);
    expect((await ask('PUT', `/images/${encodeURIComponent(digest('b'))}`, { behaviour: 'fails' })).status).toBe(200);
    expect((await ask('GET', '/state')).body).toMatchObject({
      images: { [digest('a')]: 'crashes', [digest('b')]: 'fails' },
    });
    expect(imageChanges).toBe(2);
    await ask('DELETE', '/images');
    expect((await ask('GET', '/state')).body).toMatchObject({ images: {} });
  });

  test.each([
    ['/images/latest', { behaviour: 'runs' }, 'write PUT /images/sha256:<64 hex digits>'],
    [`/images/${digest('a')}`, { behaviour: 'burns' }, 'behaviour: Invalid option'],
    [`/images/${digest('a')}`, '{', 'the body is not JSON'],
  ])('%s with %j is refused', async (path, body, error) => {
    const answer = await ask('PUT', path, body);
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({ error: expect.stringContaining(error) });
  });
});

describe('POST /patch-day', () => {
  test('evicts the pods of each zone and tells how many were left', async () => {
    const { status, body } = await ask('POST', '/patch-day', { zones: ['b'], deadlineMs: 0 });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      zones: [{ zone: 'b', pods: [{ name: 'order-api', node: 'node-1', outcome: 'evicted', attempts: 1 }] }],
      workloads: [{ kind: 'Pod', name: 'order-api', replicas: 1, podsLeft: 0, hasDowntime: true }],
      expected: { budgets: [], targets: [] },
    });
    expect(evictions).toEqual(['/api/v1/namespaces/order/pods/order-api/eviction']);
    expect((await ask('GET', '/patch-day')).body).toEqual(body);
  });

  test('deletes at the deadline what a budget holds, and says which', async () => {
    const cause = 'The disruption budget order needs 1 healthy pods and has 1 currently';
    answerEviction = () => ({
      status: 429,
      body: { message: 'Cannot evict', details: { causes: [{ message: cause }] } },
    });
    const { body } = await ask('POST', '/patch-day', { deadlineMs: 0 });
    expect(body).toMatchObject({ zones: [{ pods: [{ outcome: 'deleted', attempts: 1, why: cause }] }] });
  });

  test('is refused for a zone that the environment has not', async () => {
    const { status, body } = await ask('POST', '/patch-day', { zones: ['f'] });
    expect([status, body]).toEqual([400, { error: 'zones: there is no "f"; there are a, b, c' }]);
  });
});

describe('the control API', () => {
  test('says what it has', async () => {
    expect(await ask('GET', '/pods')).toMatchObject({
      status: 404,
      body: { error: expect.stringContaining('GET /state') },
    });
    expect((await ask('GET', '/readyz')).status).toBe(200);
  });

  test.each([{ origin: 'https://example.com' }, { host: 'example.com' }])(
    'is not for web pages: %j',
    async (headers) => {
      const status = await new Promise((resolve, reject) => {
        const sent = request(`${control.url}/state`, { headers }, (response) => resolve(response.statusCode));
        sent.on('error', reject);
        sent.end();
      });
      expect(status).toBe(403);
    },
  );
});
