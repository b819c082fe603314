import type { Fault } from '@millrace/catalog/fault.ts';
import { asList, asMaps, asText, fieldOf } from '@millrace/fargate/fields.ts';
import type { Manifest } from '@millrace/fargate/manifest.ts';
import type { PodTemplate } from '@millrace/fargate/pod-template.ts';
import { podTemplateOf } from '@millrace/fargate/pod-template.ts';
import { autoscalerBounds, selectorTakes } from '@millrace/fargate/workloads.ts';
import { fileOf } from '../render.ts';
import type { RenderedEnvironment } from '../rendered.ts';

/** Something that must hold over a whole rendered environment; gives a fault wherever it does not. */
export type Proof = (set: RenderedEnvironment) => Fault[];

/** An object that makes pods, and the pods. */
export interface PodMaker {
  manifest: Manifest;
  namespace: string;
  pod: PodTemplate;
  service: string;
  workload: string;
}

const componentLabel = 'app.kubernetes.io/component';
const nameLabel = 'app.kubernetes.io/name';

/** A fault of a rendered object; `at` is a path in it. */
export function faultOf(
  set: RenderedEnvironment,
  manifest: Manifest,
  fault: { code: string; message: string; at?: string },
): Fault {
  const place = `manifests/${set.environment}/${fileOf(manifest)}${fault.at ? ` ${fault.at}` : ''}`;
  return { place, code: fault.code, message: fault.message };
}

/** What proofs ask again and again of one list of objects. */
interface Index {
  kinds: Map<string, Manifest[]>;
  makers: PodMaker[];
  workloads: Map<string, PodMaker[]>;
  scalers: Map<string, Manifest[]>;
}

const indexes = new WeakMap<readonly Manifest[], Index>();

function indexOf({ manifests }: RenderedEnvironment): Index {
  const known = indexes.get(manifests);
  if (known) return known;
  const kinds = Map.groupBy(manifests, ({ kind }) => kind);
  const makers = manifests.flatMap(makerOf);
  const workloads = Map.groupBy(makers.filter(isDeployment), ({ service, workload }) => `${service}/${workload}`);
  const all = [...(kinds.get('HorizontalPodAutoscaler') ?? []), ...(kinds.get('ScaledObject') ?? [])];
  const scalers = Map.groupBy(all, (scaler) => `${namespaceOf(scaler)}/${targetOf(scaler)}`);
  const index = { kinds, makers, workloads, scalers };
  indexes.set(manifests, index);
  return index;
}

function makerOf(manifest: Manifest): PodMaker[] {
  const pod = podTemplateOf(manifest);
  if (!pod) return [];
  const { [nameLabel]: service = '', [componentLabel]: workload = '' } = pod.labels;
  return [{ manifest, namespace: namespaceOf(manifest), pod, service, workload }];
}

const isDeployment = ({ manifest }: PodMaker): boolean => ['Deployment', 'Rollout'].includes(manifest.kind);

/** The objects of a kind. */
export const ofKind = (set: RenderedEnvironment, kind: string): readonly Manifest[] =>
  indexOf(set).kinds.get(kind) ?? [];

/** Every object that makes pods. */
export const podMakers = (set: RenderedEnvironment): readonly PodMaker[] => indexOf(set).makers;

/** The Deployments and Rollouts among them. */
export const deployments = (set: RenderedEnvironment): PodMaker[] => podMakers(set).filter(isDeployment);

export const namespaceOf = (manifest: Manifest): string => manifest.metadata.namespace ?? '';

/** Is it the object of this kind and name, in this namespace? */
export const isObject = (manifest: Manifest, wanted: { kind: string; namespace: string; name: string }): boolean =>
  manifest.kind === wanted.kind && manifest.metadata.name === wanted.name && namespaceOf(manifest) === wanted.namespace;

/** Does a label selector take these labels? An empty one takes all, one that is not there takes none. */
export const selects = (selector: unknown, labels: Readonly<Record<string, string>>): boolean =>
  selector !== undefined && selector !== null && selectorTakes(selector, labels);

/** What scales a Deployment or a Rollout, if anything does. */
export const scalersOf = (set: RenderedEnvironment, { manifest, namespace }: PodMaker): readonly Manifest[] =>
  indexOf(set).scalers.get(`${namespace}/${manifest.kind} ${manifest.metadata.name}`) ?? [];

/** What a scaler scales: `Deployment order-api`. */
export function targetOf(scaler: Manifest): string {
  const [kind = 'Deployment', name = ''] = ['kind', 'name'].map((field) =>
    asText(fieldOf(scaler, 'spec', 'scaleTargetRef', field)),
  );
  return `${kind} ${name}`;
}

/** How few and how many pods of one there may be, by what scales it or by itself. */
export function podCounts(set: RenderedEnvironment, maker: PodMaker): { least: number; most: number } {
  const [scaler] = scalersOf(set, maker);
  const { replicas } = maker.pod;
  const { min, max } = (scaler && autoscalerBounds(scaler)) ?? { min: replicas, max: replicas };
  // A maximum that is missing where it is required is none: X106 says so.
  return { least: min, most: max ?? 0 };
}

/** The Deployments of a workload, one for each slice, or its Rollout. */
export const slicesOfWorkload = (
  set: RenderedEnvironment,
  { service, workload }: Pick<PodMaker, 'service' | 'workload'>,
): readonly PodMaker[] => indexOf(set).workloads.get(`${service}/${workload}`) ?? [];

/** The texts of a list. */
export const textsOf = (value: unknown): string[] => asList(value).flatMap((item) => asText(item) ?? []);

/** The containers of a pod that go on running. */
export const containersOf = ({ pod }: PodMaker): Record<string, unknown>[] => asMaps(pod.spec['containers']);
