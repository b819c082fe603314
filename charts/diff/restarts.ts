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
  how: 'one-by-one' | 'all-at-once' | 'runs-again' | 'refused';
  /** The fields of the pod template that differ. */
  because: string[];
}

const runsToAnEnd = new Set(['Job', 'CronJob']);

/** The pods that restart because their template changed, and the changes that the API server refuses. */
export function restartsOf(changes: readonly ResourceChange[], pods: readonly PodCost[]): Restart[] {
  return changes.flatMap((change) => {
    const { before, after, resource } = change;
    if (!before || !after) return [];
    const because = templateChanges(before, after);
    const frozen = change.fields.filter(({ path }) => path.startsWith('spec.selector')).map(({ path }) => path);
    const count = pods.find(({ object }) => object === resource)?.minPods ?? podTemplateOf(after)?.replicas ?? 0;
    if (frozen.length > 0 && podTemplateOf(after)) return [{ resource, pods: count, how: 'refused', because: frozen }];
    return because.length > 0 ? [{ resource, pods: count, how: mannerOf(after), because }] : [];
  });
}

function templateChanges(before: Manifest, after: Manifest): string[] {
  const [left, right] = [podTemplateOf(before), podTemplateOf(after)];
  if (!left || !right) return [];
  const parts = ({ spec, labels, annotations }: typeof left): unknown => ({ spec, metadata: { labels, annotations } });
  return [...new Set(fieldChanges(parts(left), parts(right)).map(({ path }) => path.replace(/^spec\./, '')))];
}

function mannerOf(manifest: Manifest): Restart['how'] {
  if (runsToAnEnd.has(manifest.kind)) return 'runs-again';
  return fieldOf(manifest, 'spec', 'strategy', 'type') === 'Recreate' ? 'all-at-once' : 'one-by-one';
}
