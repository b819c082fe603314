import { asMap, show } from '../fields.ts';
import { budgetsOf } from '../patch-day.ts';
import type { Rule } from '../rule.ts';
import { podRule, sources, when } from '../rule.ts';
import { spreadOf } from '../spread.ts';

const fact = { id: 'F16', severity: 'error', source: sources.patching } as const;

const budgetMissing: Rule = {
  ...fact,
  name: 'budget-missing',
  check: (set) => {
    const guarded = new Set(budgetsOf(set).flatMap(({ workloads }) => workloads));
    return spreadOf(set).flatMap(({ workloads, replicas }) => {
      const open = workloads.filter((workload) => !guarded.has(workload));
      const [first] = open;
      if (replicas < 2 || !first) return [];
      const names = open.map(({ manifest }) => manifest.metadata.name).join(', ');
      return when(
        true,
        `has ${replicas} replicas and no PodDisruptionBudget takes ${names}: on a patch day all pods of a zone go at once.`,
        'Add a PodDisruptionBudget with maxUnavailable: 1 whose selector takes these pods.',
      ).map((said) => ({ at: first, ...said }));
    });
  },
};

const budgetBlocks: Rule = {
  ...fact,
  name: 'budget-blocks',
  check: (set) =>
    budgetsOf(set).flatMap(({ located, replicas, allowed }) => {
      const spec = asMap(located.manifest.spec);
      const alwaysBlocks = spec.minAvailable === '100%' || [0, '0%'].includes(spec.maxUnavailable as number);
      if (allowed > 0 || (replicas === 0 && !alwaysBlocks)) return [];
      const says = (['minAvailable', 'maxUnavailable'] as const)
        .filter((field) => spec[field] !== undefined)
        .map((field) => `${field}: ${show(spec[field])}`);
      return when(
        true,
        `says ${says.join(', ') || 'neither minAvailable nor maxUnavailable'} for ${replicas} pods: nothing can be evicted, so a patch day deletes them all at its deadline.`,
        'Write maxUnavailable: 1.',
      ).map((said) => ({ at: located, ...said }));
    }),
};

const twoBudgets: Rule = {
  ...fact,
  name: 'two-budgets',
  check: (set) => {
    const budgets = budgetsOf(set);
    return set.workloads.flatMap((workload) => {
      const names = budgets
        .filter(({ workloads }) => workloads.includes(workload))
        .map(({ located }) => located.manifest.metadata.name);
      if (names.length < 2) return [];
      return when(
        true,
        `is taken by ${names.length} budgets (${names.join(', ')}): the Eviction API refuses a pod with two.`,
        'Narrow the selectors so that one budget takes it.',
      ).map((said) => ({ at: workload, ...said }));
    });
  },
};

const graceZero = podRule(
  {
    id: 'F17',
    name: 'grace-zero',
    severity: 'error',
    source: sources.groups,
  },
  ({ template: { spec } }) =>
    when(
      spec.terminationGracePeriodSeconds === 0,
      'has terminationGracePeriodSeconds: 0: its network interface is not cleaned up.',
      'Write 30 or more; for a consumer its longest handler and 5 seconds more.',
    ),
);

const barePod = podRule(
  {
    id: 'F28',
    name: 'bare-pod',
    severity: 'warning',
    source: `${sources.patching}; EKS best practices, upgrades`,
  },
  ({ manifest, isEndless }) =>
    when(
      manifest.kind === 'Pod' && isEndless,
      'is a Pod without a controller: after a patch day or an upgrade of the cluster nothing starts it again.',
      'Make it a Deployment, or a Job if it ends by itself.',
    ),
);

/** F16, F17, F28: pods that go and come. */
export const disruptionRules: readonly Rule[] = [budgetMissing, budgetBlocks, twoBudgets, graceZero, barePod];
