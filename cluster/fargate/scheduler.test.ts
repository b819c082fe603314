import { environments } from '@millrace/catalog/environments.ts';
import { planProfiles } from '@millrace/catalog/profiles.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import type { KubeApi, KubeReply } from './kube-api.ts';
import { createKubelet } from './kubelet.ts';
import type { NodeRegistry } from './node-registry.ts';
import { createNodeRegistry } from './node-registry.ts';
import type { Node, Pod } from './objects.ts';
import { schedulePod } from './scheduler.ts';
import type { HeldCache } from './testing.ts';
import { heldCache, nodeOf, podOf } from './testing.ts';
import type { World } from './world.ts';

interface Call {
  user: string;
  route: string;
  body: unknown;
}

let calls: Call[];
let answers: Record<string, KubeReply[]>;
let pods: HeldCache<Pod>;
let nodes: HeldCache<Node>;
let world: World;
let registry: NodeRegistry;

/** Answers what the test has laid ready for a route, else that all is well; a node that is made comes by the watch. */
function userNamed(user: string): KubeApi {
  const must: KubeApi['must'] = async (method, path, { body } = {}) => {
    const route = `${method} ${path}`;
    if (route === 'GET /version') return { status: 200, body: { gitVersion: 'v1.35.4' } };
    calls.push({ user, route, body });
    const reply = answers[route]?.shift() ?? { status: 201, body: {} };
    if (route === 'POST /api/v1/nodes' && reply.status === 201) nodes.put(body as Node);
    return reply;
  };
  return { must } as KubeApi;
}

const routes = (): string[] => calls.map(({ user, route }) => `${user}: ${route}`);
const pod = podOf();
const path = '/api/v1/namespaces/order/pods/order-api-7d9f8-abcde';
const events = 'scheduler: POST /api/v1/namespaces/order/events';
const newNode = 'manager: POST /api/v1/nodes';
const binding = `scheduler: POST ${path}/binding`;

beforeEach(() => {
  calls = [];
  answers = {};
  pods = heldCache([pod]);
  nodes = heldCache<Node>();
  world = {
    environment: environments.dev,
    profiles: planProfiles('dev'),
    bootMs: 300,
    images: { of: () => 'runs', set: () => undefined, reset: () => undefined, all: () => ({}) },
    pods,
    nodes,
    users: Object.fromEntries(
      ['scheduler', 'manager', 'autoscaler', 'keda', 'loadBalancer'].map((name) => [name, userNamed(name)]),
    ) as World['users'],
    note: () => undefined,
  };
  registry = createNodeRegistry(world);
});

describe('a pod that Fargate takes', () => {
  test('gets a node, is bound to it with its size and profile, and is told so', async () => {
    await schedulePod(pod, { world, registry });
    expect(routes()).toEqual([newNode, binding, events]);
    expect(calls[1]?.body).toMatchObject({
      metadata: {
        uid: 'uid-1',
        labels: { 'eks.amazonaws.com/fargate-profile': world.profiles[0]?.name },
        annotations: { CapacityProvisioned: '0.25vCPU 0.5GB' },
      },
      target: { kind: 'Node', name: 'fargate-ip-10-0-0-10.ec2.internal' },
    });
    expect(calls[2]?.body).toMatchObject({
      reason: 'Scheduled',
      message: 'Successfully assigned order/order-api-7d9f8-abcde to fargate-ip-10-0-0-10.ec2.internal',
      source: { component: 'fargate-scheduler' },
    });
  });

  test('gets no second node when its event comes twice', async () => {
    await schedulePod(pod, { world, registry });
    answers[`POST ${path}/binding`] = [{ status: 409, body: {} }];
    await schedulePod(pod, { world, registry });
    expect(routes().filter((route) => route === newNode)).toHaveLength(1);
    expect(routes().filter((route) => route === events)).toHaveLength(1);
  });

  test('gets the node that a process before this one has made for it', async () => {
    nodes.put(nodeOf('fargate-ip-10-0-32-77.ec2.internal', 'b', { 'millrace.dev/pod-uid': 'uid-1' }));
    await schedulePod(pod, { world, registry });
    expect(routes()).toEqual([binding, events]);
    expect(calls[0]?.body).toMatchObject({ target: { name: 'fargate-ip-10-0-32-77.ec2.internal' } });
  });

  test('gets the next node when that one’s name is taken', async () => {
    answers['POST /api/v1/nodes'] = [{ status: 409, body: {} }];
    await schedulePod(pod, { world, registry });
    expect(routes()).toEqual([newNode, newNode, binding, events]);
    expect(calls[2]?.body).toMatchObject({ target: { name: 'fargate-ip-10-0-32-10.ec2.internal' } });
  });

  test('leaves no node behind when it is gone before it is bound', async () => {
    answers[`POST ${path}/binding`] = [{ status: 404, body: {} }];
    pods.remove(pod);
    await schedulePod(pod, { world, registry });
    expect(routes().at(-1)).toBe('manager: DELETE /api/v1/nodes/fargate-ip-10-0-0-10.ec2.internal');
  });
});

describe('a pod that Fargate does not take', () => {
  const unfit = podOf({ spec: { hostPID: true } });
  const message = 'Pod not supported on Fargate: fields not supported: HostPID';

  test('is told why, by an event and by its condition', async () => {
    await schedulePod(unfit, { world, registry });
    expect(routes()).toEqual([events, `scheduler: PATCH ${path}/status`]);
    expect(calls[0]?.body).toMatchObject({ type: 'Warning', reason: 'FailedScheduling', message });
    expect(calls[1]?.body).toMatchObject({
      status: { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }] },
    });
  });

  test('is not looked at again', async () => {
    const conditions = [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message } as const];
    await schedulePod({ ...unfit, status: { conditions } }, { world, registry });
    expect(calls).toEqual([]);
  });

  test('is one that waits for its gates', async () => {
    await schedulePod(podOf({ spec: { schedulingGates: [{ name: 'later' }] } }), { world, registry });
    expect(calls).toEqual([]);
  });
});

describe('a node', () => {
  const name = 'fargate-ip-10-0-0-10.ec2.internal';
  const annotations = { 'millrace.dev/pod': 'order/order-api-7d9f8-abcde', 'millrace.dev/pod-uid': 'uid-1' };
  const removed = [`manager: DELETE /api/v1/nodes/${name}`];

  test.each([
    ['stays while its pod runs', { spec: { nodeName: name } }, []],
    [
      'stays when its pod has ended: it is paid for until the pod is deleted',
      { status: { phase: 'Succeeded' }, spec: { nodeName: name } },
      [],
    ],
    ['goes when its pod has another one', { spec: { nodeName: 'fargate-ip-10-0-0-11.ec2.internal' } }, removed],
    ['goes when a pod of the same name is another pod', { meta: { uid: 'uid-2' } }, removed],
  ] as const)('%s', async (_sentence, given, expected) => {
    nodes.put(nodeOf(name, 'a', annotations));
    pods.put(podOf(given));
    await registry.settle(name);
    expect(routes()).toEqual(expected);
  });

  test('that is not Fargate’s is left alone', async () => {
    nodes.put({ ...nodeOf(name, 'a'), metadata: { ...nodeOf(name, 'a').metadata, labels: {} } });
    await registry.settle(name);
    expect(calls).toEqual([]);
  });
});

describe('a pod that is told to end', () => {
  const leaving = { deletionTimestamp: '2026-03-01T12:00:00Z', deletionGracePeriodSeconds: 0 };
  const running = { phase: 'Running', podIP: '10.0.0.10' } as const;
  const spec = { nodeName: 'fargate-ip-10-0-0-10.ec2.internal' };
  const deletion = `manager: DELETE ${path}`;

  test('is given a moment, and then deleted for good', async () => {
    const kubelet = createKubelet(world);
    const graceful = podOf({ meta: { ...leaving, deletionGracePeriodSeconds: 30 }, spec, status: running });
    expect(await kubelet.play(graceful)).toBeGreaterThan(0);
    expect(calls).toEqual([]);
    await kubelet.play(podOf({ meta: leaving, spec, status: running }));
    expect(routes()).toEqual([deletion]);
    expect(calls[0]?.body).toEqual({ gracePeriodSeconds: 0, preconditions: { uid: 'uid-1' } });
  });

  test('says how it ended before, when somebody holds it back, and is deleted once', async () => {
    const kubelet = createKubelet(world);
    const held = podOf({
      meta: { ...leaving, finalizers: ['batch.kubernetes.io/job-tracking'] },
      spec,
      status: running,
    });
    await kubelet.play(held);
    expect(routes()).toEqual([`manager: PATCH ${path}/status`, deletion]);
    expect(calls[0]?.body).toMatchObject({ status: { phase: 'Failed' } });
    await kubelet.play({ ...held, status: { phase: 'Failed' } });
    expect(calls).toHaveLength(2);
  });
});

test('readiness gates are opened by the load balancer, once the containers are ready', async () => {
  const gate = { conditionType: 'target-health.elbv2.k8s.aws/order' };
  const gated = podOf({ spec: { nodeName: 'fargate-ip-10-0-0-10.ec2.internal', readinessGates: [gate] } });
  let now: Pod = { ...gated, status: { phase: 'Pending', podIP: '10.0.0.10' } };
  const kubelet = createKubelet({ ...world, bootMs: 0 });
  for (let step = 0; step < 5; step += 1) {
    await kubelet.play(now);
    const { status } = (calls.at(-1)?.body ?? {}) as { status: Pod['status'] };
    now = { ...now, status: { ...now.status, ...status } };
  }
  expect(calls.map(({ user }) => user)).toEqual(['manager', 'manager', 'loadBalancer', 'manager']);
  expect(now.status.conditions?.filter(({ status }) => status !== 'True')).toEqual([]);
});
