import type { Manifest } from '@millrace/fargate/manifest.ts';
import type { RenderInput } from './rendered.ts';

export type { RenderInput } from './rendered.ts';

/** Renders an environment's objects. Pure: the same input gives the same objects in the same order. */
export function renderEnvironment(input: RenderInput): Manifest[] {
  return input.services
    .filter(({ name }) => name in input.release.pins)
    .map(({ name }) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
}

/** Where an object's file lies in its environment's folder: `<namespace or "cluster">/<kind>-<name>.yaml`. */
export function fileOf({ kind, metadata }: Manifest): string {
  const folder = kind === 'Namespace' ? metadata.name : (metadata.namespace ?? 'cluster');
  return `${folder}/${kind.toLowerCase()}-${metadata.name}.yaml`;
}
