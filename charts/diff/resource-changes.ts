import type { Manifest } from '@millrace/fargate/manifest.ts';
import type { FieldChange } from './field-changes.ts';
import { fieldChanges } from './field-changes.ts';

/** An object that was added, deleted or changed. */
export interface ResourceChange {
  change: 'added' | 'deleted' | 'changed';
  /** `Deployment order/order-api`, without a namespace `ClusterRole name`. */
  resource: string;
  before: Manifest | undefined;
  after: Manifest | undefined;
  /** Empty unless changed. */
  fields: FieldChange[];
}

/** Compares two sets of objects: deleted ones first, then changed, then added; each in the order of their names. */
export function resourceChanges(before: readonly Manifest[], after: readonly Manifest[]): ResourceChange[] {
  const [left, right] = [byIdentity(before), byIdentity(after)];
  const keys = [...new Set([...left.keys(), ...right.keys()])].sort();
  const changes = keys.flatMap((key) => changeOf(left.get(key), right.get(key)));
  const of = (wanted: ResourceChange['change']): ResourceChange[] => changes.filter(({ change }) => change === wanted);
  return [...of('deleted'), ...of('changed'), ...of('added')];
}

/** How an object is called here. */
export const resourceName = ({ kind, metadata }: Manifest): string =>
  `${kind} ${metadata.namespace ? `${metadata.namespace}/` : ''}${metadata.name}`;

function changeOf(before: Manifest | undefined, after: Manifest | undefined): ResourceChange[] {
  const object = after ?? before;
  if (!object) return [];
  const resource = resourceName(object);
  if (!before) return [{ change: 'added', resource, before, after, fields: [] }];
  if (!after) return [{ change: 'deleted', resource, before, after, fields: [] }];
  const fields = fieldChanges(before, after);
  return fields.length > 0 ? [{ change: 'changed', resource, before, after, fields }] : [];
}

/** An object is the same one when group, kind, namespace and name are: its version may change. */
function byIdentity(manifests: readonly Manifest[]): Map<string, Manifest> {
  return new Map(
    manifests.map((manifest) => {
      const { apiVersion, kind, metadata } = manifest;
      const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
      const space = kind === 'Namespace' ? metadata.name : (metadata.namespace ?? '');
      return [[space, kind, lastingName(manifest), group].join('\0'), manifest];
    }),
  );
}

/** A Job is named after what it runs, because its template never changes: the next one takes the place of the last. */
const lastingName = ({ kind, metadata }: Manifest): string =>
  kind === 'Job' ? metadata.name.replace(/-[0-9a-f]{8,}$/, '') : metadata.name;
