import { profileLabel } from '@millrace/catalog/profiles.ts';
import type { Decision } from './decision.ts';
import { decide, wasRefused } from './decision.ts';
import { isFargateNode } from './node-object.ts';
import type { NodeRegistry } from './node-registry.ts';
import type { KubeObject, Pod } from './objects.ts';
import { withCondition } from './objects.ts';
import { tellOfPod } from './pod-event.ts';
import type { World } from './world.ts';
import { podPath } from './world.ts';

/** Gives a pod that has no node one of its own, or writes why it stays Pending. Doing it twice changes nothing. */
export async function schedulePod(
  pod: Pod,
  { world, registry }: { world: World; registry: NodeRegistry },
): Promise<void> {
  if (wasRefused(pod) || (pod.spec.schedulingGates ?? []).length > 0) return;
  const decision = decide(pod, {
    profiles: world.profiles,
    nodeCount: world.nodes.list().filter(isFargateNode).length,
    ...(await readClaims(pod, world)),
  });
  if (decision.outcome === 'refused') return refuse(pod, { world, decision });
  const name = await registry.nodeFor(pod, decision);
  const body = {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: {
      name: pod.metadata.name,
      namespace: pod.metadata.namespace,
      uid: pod.metadata.uid,
      labels: { [profileLabel]: decision.profile.name },
      annotations: { CapacityProvisioned: decision.size },
    },
    target: { apiVersion: 'v1', kind: 'Node', name },
  };
  const { scheduler } = world.users;
  const reply = await scheduler.must('POST', podPath(pod, 'binding'), { body, unless: [404, 409] });
  if (reply.status === 404 || reply.status === 409) {
    // Gone, on its way out, or bound by an attempt before this one: the pod's own events say what comes next.
    await registry.settle(name);
    return;
  }
  await tellOfPod(scheduler, pod, {
    type: 'Normal',
    reason: 'Scheduled',
    message: `Successfully assigned ${pod.metadata.namespace}/${pod.metadata.name} to ${name}`,
    component: 'fargate-scheduler',
    nowMs: Date.now(),
  });
}

async function refuse(
  pod: Pod,
  { world, decision }: { world: World; decision: Extract<Decision, { outcome: 'refused' }> },
): Promise<void> {
  const { scheduler } = world.users;
  const { message, by } = decision;
  const nowMs = Date.now();
  await tellOfPod(scheduler, pod, { type: 'Warning', reason: 'FailedScheduling', message, component: by, nowMs });
  const said = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message, nowMs } as const;
  const conditions = withCondition(pod.status.conditions ?? [], said);
  const body = { metadata: { resourceVersion: pod.metadata.resourceVersion }, status: { conditions } };
  await scheduler.must('PATCH', podPath(pod, 'status'), { body, unless: [404] });
}

/** Most pods mount no claim, and then nothing is asked. One that is not there is one that is not bound. */
async function readClaims(pod: Pod, { users }: World): Promise<{ claims: KubeObject[]; volumes: KubeObject[] }> {
  const { namespace } = pod.metadata;
  const names = (pod.spec.volumes ?? []).flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? []);
  if (names.length === 0) return { claims: [], volumes: [] };
  const paths = [`/api/v1/namespaces/${namespace}/persistentvolumeclaims`, '/api/v1/persistentvolumes'];
  const [known = [], volumes = []] = await Promise.all(
    paths.map(async (path) => (await users.scheduler.must('GET', path)).body['items'] as KubeObject[]),
  );
  const claims = [...new Set(names)].map(
    (name): KubeObject =>
      known.find(({ metadata }) => metadata.name === name) ?? {
        metadata: { name, namespace: namespace ?? '', uid: '', resourceVersion: '' },
      },
  );
  return { claims, volumes };
}
