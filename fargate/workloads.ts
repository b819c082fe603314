import type { FargateProfile } from '@millrace/catalog/profiles.ts';
import { asCount, asMap, asMaps, asText, asTexts, fieldOf } from './fields.ts';
import type { LocatedManifest, Manifest } from './manifest.ts';
import type { PodPlan } from './plan.ts';
import { planPod } from './plan.ts';
import type { PodTemplate } from './pod-template.ts';
import { podTemplateOf } from './pod-template.ts';
import type { ProfileMatch } from './profiles.ts';
import { matchProfile } from './profiles.ts';

/** A manifest that makes pods, and what Fargate does with them. */
export interface Workload extends LocatedManifest {
  namespace: string;
  template: PodTemplate;
  /**
   * How many pods run: an autoscaler's minimum where there is one, else the template's replicas. A repetition
   * runs none, and a DaemonSet neither: it has no pods on Fargate.
   */
  replicas: number;
  /** Where the same object (kind, namespace, name) stands before. */
  repeats: LocatedManifest | undefined;
  /** Pods of a Job run until they are done, and so does a Pod that is not started again. */
  isEndless: boolean;
  plan: PodPlan;
  /** Undefined when no profiles are known. */
  match: ProfileMatch | undefined;
}

/** Everything that a rule may look at. */
export interface FargateSet {
  manifests: readonly LocatedManifest[];
  workloads: readonly Workload[];
  profiles: readonly FargateProfile[] | undefined;
  profileQuota: number;
  clusterSecurityGroup: string | undefined;
}

/** The namespace that an object lands in when its manifest names none. */
export const namespaceOf = (manifest: Manifest): string => manifest.metadata.namespace ?? 'default';

/** The manifests of some kinds. */
export const ofKind = (set: FargateSet, ...kinds: readonly string[]): LocatedManifest[] =>
  set.manifests.filter(({ manifest }) => kinds.includes(manifest.kind));

/** Finds the workloads among manifests and plans each. */
export function findWorkloads(
  manifests: readonly LocatedManifest[],
  profiles: readonly FargateProfile[] | undefined,
): Workload[] {
  const minimums = autoscalerMinimums(manifests);
  const seen = new Map<string, LocatedManifest>();
  return manifests.flatMap((located) => {
    const { manifest } = located;
    const template = podTemplateOf(manifest);
    if (!template) return [];
    const namespace = namespaceOf(manifest);
    const id = key(namespace, manifest.kind, manifest.metadata.name);
    const repeats = seen.get(id);
    if (!repeats) seen.set(id, located);
    return [
      {
        ...located,
        namespace,
        template,
        replicas: repeats || manifest.kind === 'DaemonSet' ? 0 : (minimums.get(id) ?? template.replicas),
        repeats,
        isEndless: isEndless(manifest),
        plan: planPod(template.spec),
        match: profiles && matchProfile({ namespace, labels: template.labels }, profiles),
      },
    ];
  });
}

function isEndless({ kind, spec }: Manifest): boolean {
  if (kind === 'Pod') return (fieldOf(spec, 'restartPolicy') ?? 'Always') === 'Always';
  return kind !== 'Job' && kind !== 'CronJob';
}

/** How few and how many pods an autoscaler allows. */
export interface ReplicaBounds {
  min: number;
  /** Undefined where it must be said and is not: Kubernetes refuses a HorizontalPodAutoscaler without one. */
  max: number | undefined;
}

/**
 * What an autoscaler allows, with what holds when it does not say: a HorizontalPodAutoscaler keeps 1, a ScaledObject of KEDA
 * keeps 0 and runs at most 100. Undefined for any other object.
 */
export function autoscalerBounds({ kind, spec }: Manifest): ReplicaBounds | undefined {
  const count = (field: string): number | undefined => asCount(fieldOf(spec, field));
  if (kind === 'HorizontalPodAutoscaler') return { min: count('minReplicas') ?? 1, max: count('maxReplicas') };
  if (kind === 'ScaledObject') return { min: count('minReplicaCount') ?? 0, max: count('maxReplicaCount') ?? 100 };
  return undefined;
}

/** Autoscalers own the number of replicas. */
function autoscalerMinimums(manifests: readonly LocatedManifest[]): Map<string, number> {
  const minimums = new Map<string, number>();
  for (const { manifest } of manifests) {
    const bounds = autoscalerBounds(manifest);
    const target = asMap(fieldOf(manifest, 'spec', 'scaleTargetRef'));
    const name = asText(target.name);
    if (!bounds || !name) continue;
    minimums.set(key(namespaceOf(manifest), asText(target.kind) ?? 'Deployment', name), bounds.min);
  }
  return minimums;
}

const key = (...parts: readonly string[]): string => parts.join('\0');

/** A container, and what to call it in a message. */
export interface NamedContainer {
  name: string;
  container: Record<string, unknown>;
}

/** Every container of a pod: init containers first, then the others. */
export function containersOf(spec: PodTemplate['spec']): NamedContainer[] {
  return [...asMaps(spec.initContainers), ...asMaps(spec.containers)].map((container, index) => ({
    name: asText(container.name) ?? `number ${index + 1}`,
    container,
  }));
}

/** The environment of a container: names, and values where they stand in the manifest. */
export function environmentOf(container: Record<string, unknown>): Map<string, string | undefined> {
  return new Map(
    asMaps(container.env).flatMap(({ name, value }) => {
      const variable = asText(name);
      return variable ? [[variable, typeof value === 'string' ? value : undefined] as const] : [];
    }),
  );
}

/** Command and arguments, as texts. */
export const wordsOf = (container: Record<string, unknown>): string[] =>
  [container.command, container.args].flatMap((list) =>
    Array.isArray(list) ? list.flatMap((word) => asText(word) ?? []) : [],
  );

/**
 * Whether a label selector takes these labels. An empty selector takes everything, as in policy/v1; an operator that
 * Kubernetes does not know takes nothing.
 */
export function selectorTakes(selector: unknown, labels: Readonly<Record<string, string>>): boolean {
  const wanted = Object.entries(asTexts(fieldOf(selector, 'matchLabels')));
  const expressions = asMaps(fieldOf(selector, 'matchExpressions'));
  return (
    wanted.every(([label, value]) => Object.hasOwn(labels, label) && labels[label] === value) &&
    expressions.every((expression) => expressionTakes(expression, labels))
  );
}

function expressionTakes(expression: Record<string, unknown>, labels: Readonly<Record<string, string>>): boolean {
  const label = asText(expression.key) ?? '';
  const has = Object.hasOwn(labels, label);
  const values = Array.isArray(expression.values) ? expression.values : [];
  const isIn = has && values.includes(labels[label]);
  const answers: Record<string, boolean> = { In: isIn, NotIn: !isIn, Exists: has, DoesNotExist: !has };
  const operator = asText(expression.operator) ?? '';
  return Object.hasOwn(answers, operator) && answers[operator] === true;
}
