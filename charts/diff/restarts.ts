import { fieldOf } from '@millrace/fargate/fields.ts';
import type { Manifest } from '@millrace/fargate/manifest.ts';
import { podTemplateOf } from '@millrace/fargate/pod-template.ts';
import type { PodCost } from '../cost/pods.ts';
import { fieldChanges } from './field-changes.ts';
import type { ResourceChange } from './resource-changes.ts';

/** Pods that a change replaces, or a workload that it stops or cannot be applied to. */
export interface Restart {
  resource: string;
  pods: number;
  how: 'one-by-one' | 'all-at-once' | 'canary' | 'becomes' | 'runs-again' | 'refused';
  /** The fields of the pod template that differ; the new kind of what becomes another one. */
  because: string[];
}

const runsToAnEnd = new Set(['Job', 'CronJob']);

/** The pods that restart because their template changed, and the changes that the API server refuses. */
export function restartsOf(changes: readonly ResourceChange[], pods: readonly PodCost[]): Restart[] {
  return changes.flatMap((change) => {
    const { before, after, resource } = change;
    const count =
      pods.find(({ object }) => object === resource)?.minPods ?? (after && podTemplateOf(after)?.replicas) ?? 0;
    if (!before && after) {
      const old = predecessorOf(after, changes);
      return old ? [{ resource: old.resource, pods: count, how: 'becomes', because: [after.kind] }] : [];
    }
    if (!before || !after) return [];
    const because = templateChanges(before, after);
    const frozen = change.fields.filter(({ path }) => path.startsWith('spec.selector')).map(({ path }) => path);
    if (frozen.length > 0 && podTemplateOf(after)) return [{ resource, pods: count, how: 'refused', because: frozen }];
    return because.length > 0 ? [{ resource, pods: count, how: mannerOf(after), because }] : [];
  });
}

/** What made the pods under this name before and goes, where that is of another kind: a Deployment becomes a Rollout. */
export const predecessorOf = (after: Manifest, changes: readonly ResourceChange[]): ResourceChange | undefined =>
  changes.find((change) => !change.after && change.before && succeeds(after, change.before));

/** Does an object make pods in the place of another one of the same name that goes? */
export const succeeds = (after: Manifest, before: Manifest): boolean =>
  after.kind !== before.kind &&
  after.metadata.name === before.metadata.name &&
  after.metadata.namespace === before.metadata.namespace &&
  [after, before].every((manifest) => podTemplateOf(manifest) !== undefined && !runsToAnEnd.has(manifest.kind));

function templateChanges(before: Manifest, after: Manifest): string[] {
  const [left, right] = [podTemplateOf(before), podTemplateOf(after)];
  if (!left || !right) return [];
  const parts = ({ spec, labels, annotations }: typeof left): unknown => ({ spec, metadata: { labels, annotations } });
  return [...new Set(fieldChanges(parts(left), parts(right)).map(({ path }) => path.replace(/^spec\./, '')))];
}

function mannerOf(manifest: Manifest): Restart['how'] {
  if (runsToAnEnd.has(manifest.kind)) return 'runs-again';
  if (fieldOf(manifest, 'spec', 'strategy', 'canary', 'trafficRouting') !== undefined) return 'canary';
  return fieldOf(manifest, 'spec', 'strategy', 'type') === 'Recreate' ? 'all-at-once' : 'one-by-one';
}
