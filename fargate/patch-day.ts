import { asMap, asTexts, fieldOf } from './fields.ts';
import type { LocatedManifest } from './manifest.ts';
import { spreadOf, zonesOfWorkload } from './spread.ts';
import type { FargateSet, Workload } from './workloads.ts';
import { namespaceOf, ofKind, selectorTakes } from './workloads.ts';

/** A PodDisruptionBudget and how many of its pods may be evicted at a time. */
export interface Budget {
  located: LocatedManifest;
  workloads: readonly Workload[];
  replicas: number;
  /** 0 blocks every eviction. */
  allowed: number;
}

/** What a patch day does to the pods of a budget. */
export interface BudgetOutcome {
  namespace: string;
  name: string;
  replicas: number;
  allowed: number;
  /** Blocked: EKS cannot evict, tells of it in an event, and deletes the pods at the deadline. */
  outcome: 'evicted' | 'blocked' | 'no pods';
  podsLeft: number;
}

/** What a patch day does to a Service, or to a workload that stands behind none. */
export interface TargetOutcome {
  kind: string;
  namespace: string;
  name: string;
  replicas: number;
  /** Pods that stay, in the zone whose patching hurts most. */
  podsLeft: number;
  hasDowntime: boolean;
  why: string;
}

/**
 * What happens when AWS patches the nodes: pods are evicted zone by zone as the budgets allow, and what a budget blocks is
 * deleted at the deadline. The worst case is told: pods that may be in any zone are all in the one that is patched.
 * Source: EKS user guide, nodes/fargate-pod-patching.
 */
export interface PatchDay {
  budgets: BudgetOutcome[];
  targets: TargetOutcome[];
}

/** A zone for pods of which no zone is known. */
const anyZone = '*';

/** Tells what a patch day does to every budget, every Service, and every workload behind no Service. */
export function patchDay(set: FargateSet): PatchDay {
  const budgets = budgetsOf(set);
  const services = ofKind(set, 'Service').flatMap(({ manifest }) => {
    const selector = asTexts(fieldOf(manifest, 'spec', 'selector'));
    if (Object.keys(selector).length === 0) return [];
    const workloads = running(set).filter(
      ({ namespace, template }) =>
        namespace === namespaceOf(manifest) && selectorTakes({ matchLabels: selector }, template.labels),
    );
    return workloads.length > 0 ? [{ manifest, workloads }] : [];
  });
  const served = new Set(services.flatMap(({ workloads }) => workloads));
  const alone = spreadOf(set).filter(
    ({ workloads, replicas }) => replicas > 0 && !workloads.some((workload) => served.has(workload)),
  );
  return {
    budgets: budgets.map((budget) => budgetOutcome(budget, budgets)),
    targets: [
      ...services.map(({ manifest, workloads }) =>
        targetOutcome(
          { kind: 'Service', namespace: namespaceOf(manifest), name: manifest.metadata.name },
          { workloads, budgets },
        ),
      ),
      ...alone.map(({ namespace, name, workloads }) => {
        const [kind = '', ...rest] = name.split(' ');
        return targetOutcome({ kind, namespace, name: rest.join(' ') }, { workloads, budgets });
      }),
    ],
  };
}

/** The budgets of a set with the workloads that each selects. A budget without a selector selects nothing. */
export function budgetsOf(set: FargateSet): Budget[] {
  return ofKind(set, 'PodDisruptionBudget').map((located) => {
    const selector = fieldOf(located.manifest, 'spec', 'selector');
    const namespace = namespaceOf(located.manifest);
    const workloads = running(set).filter(
      (workload) =>
        selector !== undefined &&
        selector !== null &&
        workload.namespace === namespace &&
        selectorTakes(selector, workload.template.labels),
    );
    const replicas = workloads.reduce((sum, workload) => sum + workload.replicas, 0);
    return { located, workloads, replicas, allowed: allowedOf(located, replicas) };
  });
}

const running = (set: FargateSet): readonly Workload[] => set.workloads.filter(({ isEndless }) => isEndless);

/** As the disruption controller counts: percentages are rounded up, and a budget that says nothing allows nothing. */
function allowedOf({ manifest }: LocatedManifest, replicas: number): number {
  const { maxUnavailable, minAvailable } = asMap(manifest.spec);
  const most = scaled(maxUnavailable, replicas);
  if (most !== undefined) return Math.max(0, Math.min(most, replicas));
  const least = scaled(minAvailable, replicas);
  return least === undefined ? 0 : Math.max(0, replicas - least);
}

/** A number of pods: as it stands, or a percentage of all, rounded up. */
export function scaled(value: unknown, replicas: number): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  const match = typeof value === 'string' ? /^(\d{1,4})%$/.exec(value) : null;
  return match ? Math.ceil((Number(match[1]) * replicas) / 100) : undefined;
}

function budgetOutcome(budget: Budget, budgets: readonly Budget[]): BudgetOutcome {
  const { located, replicas, allowed } = budget;
  const outcome = replicas === 0 ? 'no pods' : isBlocked(budget, budgets) ? 'blocked' : 'evicted';
  return {
    namespace: namespaceOf(located.manifest),
    name: located.manifest.metadata.name,
    replicas,
    allowed,
    outcome,
    podsLeft: replicas - worst(budget.workloads, budgets).down,
  };
}

function targetOutcome(
  target: Pick<TargetOutcome, 'kind' | 'namespace' | 'name'>,
  { workloads, budgets }: { workloads: readonly Workload[]; budgets: readonly Budget[] },
): TargetOutcome {
  const replicas = workloads.reduce((sum, workload) => sum + workload.replicas, 0);
  const { down, zone } = worst(workloads, budgets);
  const podsLeft = replicas - down;
  const where = zone === anyZone ? 'one zone can hold all of them' : `zone ${zone}`;
  const guards = budgetsOver(workloads, budgets);
  const unguarded = workloads.some((workload) => !guards.some((budget) => budget.workloads.includes(workload)));
  const blocked = guards.find((budget) => isBlocked(budget, budgets));
  let why = `a budget lets ${down} go at a time`;
  if (replicas === 0) why = 'no pods run';
  else if (blocked)
    why = `budget ${blocked.located.manifest.metadata.name} blocks the eviction; then all are deleted (${where})`;
  else if (replicas === 1) why = 'there is one pod';
  else if (unguarded) why = `no budget holds the eviction back (${where})`;
  return { ...target, replicas, podsLeft, hasDowntime: replicas > 0 && podsLeft <= 0, why };
}

const budgetsOver = (workloads: readonly Workload[], budgets: readonly Budget[]): Budget[] =>
  budgets.filter((budget) => budget.workloads.some((workload) => workloads.includes(workload)));

/** A budget that allows nothing, or that shares a pod with another: the Eviction API answers 500 to two budgets. */
const isBlocked = (budget: Budget, budgets: readonly Budget[]): boolean =>
  budget.allowed === 0 ||
  budgets.some((other) => other !== budget && budgetsOver(budget.workloads, [other]).length > 0);

/** The zone whose patching takes most of these pods at once, and how many that are. */
function worst(workloads: readonly Workload[], budgets: readonly Budget[]): { down: number; zone: string } {
  const zones = new Set(workloads.flatMap((workload) => zonesOfWorkload(workload) ?? [anyZone]));
  let most = { down: 0, zone: anyZone };
  for (const zone of zones) {
    const here = workloads.filter((workload) => (zonesOfWorkload(workload) ?? [zone]).includes(zone));
    const down = downOf(here, budgets);
    if (down > most.down) most = { down, zone };
  }
  const isSpreadOver = workloads.some((workload) => (zonesOfWorkload(workload) ?? [anyZone]).length > 1);
  return isSpreadOver ? { ...most, zone: anyZone } : most;
}

function downOf(workloads: readonly Workload[], budgets: readonly Budget[]): number {
  const count = (some: readonly Workload[]): number => some.reduce((sum, { replicas }) => sum + replicas, 0);
  const guards = budgetsOver(workloads, budgets);
  const guarded = guards.filter((budget) => !isBlocked(budget, budgets));
  const held = guarded.map((budget) =>
    Math.min(budget.allowed, count(workloads.filter((workload) => budget.workloads.includes(workload)))),
  );
  const loose = workloads.filter((workload) => !guarded.some((budget) => budget.workloads.includes(workload)));
  return held.reduce((sum, each) => sum + each, 0) + count(loose);
}
