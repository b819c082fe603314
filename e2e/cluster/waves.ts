import { join } from 'node:path';
import { readManifests } from '@millrace/fargate/read-manifests.ts';
import { pathOf } from '@millrace/policies/admission/testing/paths.ts';
import type { Delivery } from './delivery.ts';
import type { KubernetesObject } from './objects.ts';
import { appliedAt, readObject } from './objects.ts';
import type { Repository } from './repository.ts';

/** One object of a service, and when Argo CD wrote it. */
export interface Step {
  /** Kind and name. */
  id: string;
  wave: number;
  /** Milliseconds since 1970, of a whole second; 0 when Argo CD never wrote it. */
  at: number;
  /** A step of the sync itself, and not part of what it leaves. */
  isHook: boolean;
  object: KubernetesObject;
}

/** Jobs go two minutes after they have ended. Here they stay until a release is looked at, which a busy machine may be slow at. */
export function keepJobs(repository: Repository): void {
  repository.edit('charts/hook-job.ts', (text) =>
    text.replace('const keep = Duration.minutes(2);', 'const keep = Duration.minutes(60);'),
  );
}

/** When Argo CD wrote each object of a service that stands in Git. @throws when one is not in the cluster. */
export async function stepsOf({ environment, cluster, repository }: Delivery, service: string): Promise<Step[]> {
  const manifests = readManifests(join(repository.work, 'manifests', environment, service));
  return Promise.all(
    manifests.map(async ({ manifest }) => {
      const id = `${manifest.kind} ${manifest.metadata.name}`;
      const object = await readObject(cluster.api, pathOf(manifest, {}).named);
      if (!object) throw new Error(`${environment} has no ${id}`);
      const { annotations = {} } = manifest.metadata;
      const wave = Number(annotations['argocd.argoproj.io/sync-wave'] ?? '0');
      const hook = annotations['argocd.argoproj.io/hook'];
      const at = hook ? Date.parse(object.metadata.creationTimestamp) : appliedAt(object);
      return {
        id,
        wave: hook === 'PostSync' ? Number.POSITIVE_INFINITY : wave,
        at,
        isHook: hook !== undefined,
        object,
      };
    }),
  );
}

/** What was written before something of an earlier wave was; the clock of the API server has whole seconds. */
export function outOfOrder(steps: readonly Step[]): string[] {
  return steps.flatMap((step) =>
    steps
      .filter((later) => later.wave > step.wave && later.at < step.at)
      .map((later) => `${later.id} (wave ${later.wave}) before ${step.id} (wave ${step.wave})`),
  );
}
