import { asMap, asText, fieldOf } from '@millrace/fargate/fields.ts';
import type { LocatedManifest, Manifest } from '@millrace/fargate/manifest.ts';
import type { PatchDay } from '@millrace/fargate/patch-day.ts';
import { patchDay } from '@millrace/fargate/patch-day.ts';
import { profileLimits } from '@millrace/fargate/profiles.ts';
import { findWorkloads } from '@millrace/fargate/workloads.ts';
import type { Service } from './serving-count.ts';
import type { World } from './world.ts';

const hashLabel = 'rollouts-pod-template-hash';

/** What the planner looks at, and where the cluster keeps it. */
const collections = [
  { kind: 'Service', apiVersion: 'v1', path: '/api/v1/services' },
  { kind: 'Deployment', apiVersion: 'apps/v1', path: '/apis/apps/v1/deployments' },
  { kind: 'StatefulSet', apiVersion: 'apps/v1', path: '/apis/apps/v1/statefulsets' },
  { kind: 'Rollout', apiVersion: 'argoproj.io/v1alpha1', path: '/apis/argoproj.io/v1alpha1/rollouts' },
  { kind: 'PodDisruptionBudget', apiVersion: 'policy/v1', path: '/apis/policy/v1/poddisruptionbudgets' },
  {
    kind: 'HorizontalPodAutoscaler',
    apiVersion: 'autoscaling/v2',
    path: '/apis/autoscaling/v2/horizontalpodautoscalers',
  },
  { kind: 'ScaledObject', apiVersion: 'keda.sh/v1alpha1', path: '/apis/keda.sh/v1alpha1/scaledobjects' },
];

/** Asks the planner what a patch day does to what runs in the cluster. */
export async function expectPatchDay(world: World): Promise<PatchDay> {
  const lists = await Promise.all(collections.map((collection) => read(world, collection)));
  const manifests = lists.flat();
  return patchDay({
    manifests,
    workloads: findWorkloads(manifests, world.profiles),
    profiles: world.profiles,
    profileQuota: profileLimits.profiles,
    clusterSecurityGroup: undefined,
  });
}

export async function readServices({ users }: World): Promise<Service[]> {
  const { body } = await users.manager.must('GET', '/api/v1/services');
  return body['items'] as Service[];
}

/** A kind that is not installed has no objects. */
async function read(
  { users }: World,
  { kind, apiVersion, path }: { kind: string; apiVersion: string; path: string },
): Promise<LocatedManifest[]> {
  const { status, body } = await users.manager.must('GET', path, { unless: [404] });
  if (status === 404) return [];
  return (body['items'] as Manifest[]).map((item) => ({
    file: `${kind}/${item.metadata.name}`,
    document: 1,
    manifest: withHash({ ...item, kind, apiVersion }),
  }));
}

/** The rollouts controller writes the hash of the stable pods into the selectors of Services; its pods bear it too. */
export function withHash(manifest: Manifest): Manifest {
  const hash = asText(fieldOf(manifest, 'status', 'stableRS'));
  if (manifest.kind !== 'Rollout' || hash === undefined) return manifest;
  const spec = asMap(manifest['spec']);
  const template = asMap(spec['template']);
  const metadata = asMap(template['metadata']);
  const labels = { ...asMap(metadata['labels']), [hashLabel]: hash };
  return { ...manifest, spec: { ...spec, template: { ...template, metadata: { ...metadata, labels } } } };
}
