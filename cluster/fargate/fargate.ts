import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { environments } from '@millrace/catalog/environments.ts';
import { planProfiles } from '@millrace/catalog/profiles.ts';
import { startAutoscalers } from './autoscalers.ts';
import { startControl } from './control.ts';
import { startHeartbeats } from './heartbeat.ts';
import { openImageBehaviours } from './image-behaviour.ts';
import { connectAs, readKubeconfig } from './kube-api.ts';
import { createKubelet } from './kubelet.ts';
import { isFargateNode, podAnnotation } from './node-object.ts';
import type { NodeRegistry } from './node-registry.ts';
import { createNodeRegistry } from './node-registry.ts';
import { cacheObjects } from './object-cache.ts';
import type { Node, Pod } from './objects.ts';
import { keyOf } from './objects.ts';
import { schedulePod } from './scheduler.ts';
import type { WorkQueue } from './work-queue.ts';
import { createWorkQueue } from './work-queue.ts';
import type { UserName, World } from './world.ts';
import { users } from './world.ts';

export interface FargateOptions {
  environment: EnvironmentName;
  /** Of an administrator: everything is done on behalf of the users in world.ts. */
  kubeconfig: string;
  /** Where the behaviour of images is kept over a restart. */
  folder: string;
  /** Of the control API; 0 takes a free one. */
  port?: number;
  /** From the node of a pod to its being ready. */
  bootMs?: number;
  /** How often a node says that it lives. */
  heartbeatMs?: number;
  /** Takes a line for each thing that a person should see; standard error unless said. */
  note?: (line: string) => void;
}

export interface Fargate {
  controlUrl: string;
  close(): Promise<void>;
}

const standardBootMs = 300;
const standardHeartbeatMs = 15_000;
/** Pods that are worked on at once. */
const workers = 8;
const notYetMs = 50;
/** Nodes whose pods went while nobody watched. */
const sweepMs = 30_000;
const noteAfterFailures = 5;

/**
 * Starts the simulated Fargate: scheduler, kubelet and nodes in one, with the autoscalers and the load balancer as far as
 * others wait for them. What it knows is in the API server, so one that is killed goes on when it is started again.
 * @throws EnvironmentFault when the kubeconfig, the folder or the port cannot be used.
 */
export async function startFargate(options: FargateOptions): Promise<Fargate> {
  const world = openWorld(options);
  const queue = startPods(world);
  const heartbeats = startHeartbeats(world, options.heartbeatMs ?? standardHeartbeatMs);
  const isReady = (): boolean => world.pods.isComplete() && world.nodes.isComplete();
  const control = await startControl({
    port: options.port ?? 0,
    world,
    isReady,
    onImages: () => {
      for (const pod of world.pods.list()) queue.add(podKey(pod));
    },
  });
  world.nodes.start();
  world.pods.start();
  const autoscalers = startAutoscalers(world);
  const sweep = setInterval(() => {
    for (const node of world.nodes.list()) queue.add(nodeKey(node));
  }, sweepMs);
  return {
    controlUrl: control.url,
    async close() {
      clearInterval(sweep);
      await control.close();
      await Promise.all([world.pods.stop(), world.nodes.stop(), autoscalers.stop()]);
      await Promise.all([queue.stop(), heartbeats.stop()]);
      for (const api of Object.values(world.users)) api.close();
    },
  };
}

function openWorld(options: FargateOptions): World {
  const admin = readKubeconfig(options.kubeconfig);
  const note = options.note ?? ((line: string) => process.stderr.write(`${line}\n`));
  const apis = Object.fromEntries(
    Object.entries(users).map(([name, username]) => [name, connectAs(admin, username)]),
  ) as World['users'];
  const cache = <Kind extends Pod | Node>(user: UserName, path: string) =>
    cacheObjects<Kind>({ api: apis[user], path, note });
  return {
    environment: environments[options.environment],
    profiles: planProfiles(options.environment),
    bootMs: options.bootMs ?? standardBootMs,
    images: openImageBehaviours(options.folder),
    pods: cache<Pod>('manager', '/api/v1/pods'),
    nodes: cache<Node>('manager', '/api/v1/nodes'),
    users: apis,
    note,
  };
}

const podKey = (pod: Pod): string => `pod ${keyOf(pod)}`;
const nodeKey = (node: Node): string => `node ${node.metadata.name}`;

/** Has every pod and every node worked on when something happens to it. */
function startPods(world: World): WorkQueue {
  const registry = createNodeRegistry(world);
  const kubelet = createKubelet(world);
  const queue = createWorkQueue({
    workers,
    async work(key) {
      // A pod may have a node already that is not known yet: nothing is begun before both are listed.
      if (!world.pods.isComplete() || !world.nodes.isComplete()) return notYetMs;
      const [kind, name = ''] = key.split(' ');
      if (kind === 'node') await registry.settle(name);
      const pod = kind === 'pod' ? world.pods.get(name) : undefined;
      return pod && stepOf(pod, { world, registry, play: kubelet.play });
    },
    onFault: (key, error, failures) => {
      if (failures !== noteAfterFailures) return;
      world.note(`${key}: ${error instanceof Error ? error.message : error}. Trying again.`);
    },
  });
  world.pods.onChange((pod, isGone) => {
    if (!isGone) return queue.add(podKey(pod));
    kubelet.forget(pod.metadata.uid);
    const node = registry.nameOf(pod);
    if (node !== undefined) queue.add(`node ${node}`);
  });
  world.nodes.onChange((node, isGone) => {
    if (isGone || !isFargateNode(node)) return;
    queue.add(nodeKey(node));
    queue.add(`pod ${node.metadata.annotations?.[podAnnotation] ?? ''}`);
  });
  return queue;
}

async function stepOf(
  pod: Pod,
  given: { world: World; registry: NodeRegistry; play: (pod: Pod) => Promise<number | undefined> },
): Promise<number | undefined> {
  const { nodeName } = pod.spec;
  if (nodeName !== undefined && nodeName !== '') return isOurs(nodeName) ? given.play(pod) : undefined;
  if (pod.metadata.deletionTimestamp === undefined) await schedulePod(pod, given);
  return undefined;
}

const isOurs = (nodeName: string): boolean => nodeName.startsWith('fargate-');
