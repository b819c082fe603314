import { createAddressPlan } from './address-plan.ts';
import type { Decision } from './decision.ts';
import {
  addressOfNode,
  isFargateNode,
  nodeObject,
  podAnnotation,
  podUidAnnotation,
  profileAnnotation,
} from './node-object.ts';
import type { Node, Pod } from './objects.ts';
import { isFinished } from './objects.ts';
import type { World } from './world.ts';

/** Which pod has which node. What it knows comes from the nodes themselves, so a new process knows it too. */
export interface NodeRegistry {
  /** The node of a pod, after making it where there is none yet. */
  nodeFor(pod: Pod, decision: Extract<Decision, { outcome: 'placed' }>): Promise<string>;
  nameOf(pod: Pod): string | undefined;
  /** Takes a node away whose pod is gone or has another one. */
  settle(name: string): Promise<void>;
}

const maxAttempts = 20;

export function createNodeRegistry(world: World): NodeRegistry {
  const { nodes, pods, users, environment } = world;
  const addresses = createAddressPlan();
  const nodeOfPod = new Map<string, string>();
  let version: Promise<string> | undefined;
  nodes.onChange((node, isGone) => {
    const uid = node.metadata.annotations?.[podUidAnnotation];
    if (!isFargateNode(node) || uid === undefined) return;
    const { name } = node.metadata;
    if (isGone) {
      addresses.giveBack(addressOfNode(node));
      if (nodeOfPod.get(uid) === name) nodeOfPod.delete(uid);
    } else {
      addresses.take(addressOfNode(node), node.metadata.annotations?.[profileAnnotation] ?? '');
      if (!nodeOfPod.has(uid)) nodeOfPod.set(uid, name);
    }
  });

  const askVersion = async (): Promise<string> => {
    const { body } = await users.manager.must('GET', '/version');
    return String(body['gitVersion']);
  };
  const make = async (pod: Pod, decision: Extract<Decision, { outcome: 'placed' }>): Promise<string> => {
    version ??= askVersion();
    const known = await version.catch((error: unknown) => {
      version = undefined;
      throw error;
    });
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const place = addresses.next(decision.profile);
      const facts = { ...decision, pod, place, environment, version: known, nowMs: Date.now() };
      const body = nodeObject(facts) as { metadata: { name: string } };
      const reply = await users.manager.must('POST', '/api/v1/nodes', { body, unless: [409] });
      // Somebody else's node has that name: its address is in use, so the next one is tried.
      if (reply.status === 409) continue;
      nodeOfPod.set(pod.metadata.uid, body.metadata.name);
      return body.metadata.name;
    }
    throw new Error(`no free name for a node after ${maxAttempts} attempts`);
  };
  return {
    nameOf: (pod) => nodeOfPod.get(pod.metadata.uid),
    nodeFor: async (pod, decision) => nodeOfPod.get(pod.metadata.uid) ?? make(pod, decision),
    async settle(name) {
      const node = nodes.get(name);
      if (!node || !isFargateNode(node) || isInUse(node, pods.get(node.metadata.annotations?.[podAnnotation] ?? '')))
        return;
      const body = { preconditions: { uid: node.metadata.uid } };
      await users.manager.must('DELETE', `/api/v1/nodes/${name}`, { body, unless: [404, 409] });
    },
  };
}

/** A pod that is finished keeps its node, and is paid for, until somebody deletes the pod. */
function isInUse(node: Node, pod: Pod | undefined): boolean {
  if (pod?.metadata.uid !== node.metadata.annotations?.[podUidAnnotation]) return false;
  if (pod?.spec.nodeName !== undefined) return pod.spec.nodeName === node.metadata.name;
  return pod !== undefined && !isFinished(pod);
}
