import { isFargateNode, nodeConditions } from './node-object.ts';
import type { Condition, Node } from './objects.ts';
import { isTrue } from './objects.ts';
import type { WorkQueue } from './work-queue.ts';
import { createWorkQueue } from './work-queue.ts';
import type { World } from './world.ts';

/** All nodes together may not crowd out the pods: so many leases are written at once. */
const workers = 2;
const leasePath = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';

/** Renews the lease of each node again and again, and makes a node ready that was taken for dead. */
export function startHeartbeats(world: World, everyMs: number): WorkQueue {
  const queue = createWorkQueue({
    workers,
    async work(name) {
      const node = world.nodes.get(name);
      if (!node || !isFargateNode(node)) return undefined;
      await renewLease(node, { world, everyMs });
      if (!isTrue(node.status?.conditions, 'Ready')) await makeReady(node, world);
      return everyMs;
    },
    onFault: (name, error, failures) => {
      if (failures === 3) world.note(`the lease of ${name}: ${error instanceof Error ? error.message : error}`);
    },
  });
  const known = new Set<string>();
  world.nodes.onChange((node, isGone) => {
    const { name } = node.metadata;
    if (isGone) known.delete(name);
    else if (!known.has(name)) {
      known.add(name);
      // A new node has just said that it is ready; one that is found may have been silent for long.
      const ageMs = Date.now() - Date.parse(node.metadata.creationTimestamp ?? '');
      queue.add(name, ageMs < everyMs ? everyMs / 2 : 0);
    } else if (isFargateNode(node) && !isTrue(node.status?.conditions, 'Ready')) queue.add(name);
  });
  return queue;
}

async function renewLease(node: Node, { world, everyMs }: { world: World; everyMs: number }): Promise<void> {
  const { name, uid } = node.metadata;
  const spec = {
    holderIdentity: name,
    leaseDurationSeconds: Math.ceil((everyMs * 3) / 1000),
    renewTime: new Date().toISOString().replace('Z', '000Z'),
  };
  const { manager } = world.users;
  const renewed = await manager.must('PATCH', `${leasePath}/${name}`, { body: { spec }, unless: [404] });
  if (renewed.status !== 404) return;
  const metadata = { name, ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }] };
  const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
  await manager.must('POST', leasePath, { body, unless: [409] });
}

/** The node controller has called it unknown while this process was away. */
async function makeReady(node: Node, { users }: World): Promise<void> {
  const own = nodeConditions(Date.now()) as Condition[];
  const types = new Set(own.map(({ type }) => type));
  const others = (node.status?.conditions ?? []).filter(({ type }) => !types.has(type));
  const body = { status: { conditions: [...others, ...own] } };
  await users.manager.must('PATCH', `/api/v1/nodes/${node.metadata.name}/status`, { body, unless: [404] });
}
