import type { FargateReport, Finding, PodReport, Verdict } from './check.ts';
import { hoursPerMonth } from './plan.ts';

const verdictWords: Record<Verdict, string> = {
  runs: 'runs',
  refused: 'REFUSED',
  pending: 'PENDING',
  never: 'NEVER RUNS',
};

/** The report for a person. `hasProfiles` says whether the profiles were known. */
export function reportText(report: FargateReport, { hasProfiles }: { hasProfiles: boolean }): string {
  return [
    podsText(report, hasProfiles),
    findingsText(report.findings),
    spreadText(report),
    patchDayText(report),
    skippedText(report),
    totalsText(report),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

const dollars = (amount: number): string => amount.toFixed(2);

function podsText({ pods, totals, prices }: FargateReport, hasProfiles: boolean): string {
  if (pods.length === 0) return 'PODS\n  none: no manifest makes pods.';
  const rows = pods.map((pod) => [
    `${pod.kind} ${pod.namespace}/${pod.name}`,
    `${pod.replicas}`,
    hasProfiles ? pod.profile || '-' : '?',
    pod.plan.size || 'none is large enough',
    dollars(pod.plan.usdPerMonth),
    dollars(pod.plan.wasted.usdPerMonth),
    pod.isEndless ? dollars(pod.usdPerMonth) : 'while it runs',
    verdictWords[pod.verdict],
  ]);
  const all = ['in all', `${totals.replicas}`, '', '', '', '', dollars(totals.usdPerMonth), ''];
  const head = ['workload', 'pods', 'profile', 'billed', '$/month each', 'idle', '$/month', 'verdict'];
  return [
    `PODS (prices of ${prices.region}, ${prices.asOf}, ${hoursPerMonth} hours a month)`,
    ...table([head, ...rows, all], [1, 4, 5, 6]),
    '  idle = what of the price each pod does not ask for.',
    ...(hasProfiles
      ? []
      : ['  ? = no profiles given: --profiles FILE or --environment NAME tells which profile takes a pod.']),
    ...refusals(pods),
  ].join('\n');
}

/** Under the table: why a pod does not run, and what the scheduler says of it. */
const refusals = (pods: readonly PodReport[]): string[] =>
  pods.flatMap(({ kind, namespace, name, why, schedulerSays }) => [
    ...(why !== '' && why !== schedulerSays ? [`  ${kind} ${namespace}/${name}: ${why}`] : []),
    ...(schedulerSays === '' ? [] : [`  ${kind} ${namespace}/${name}, scheduler: "${schedulerSays}"`]),
  ]);

function findingsText(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'FINDINGS\n  none.';
  const files = Map.groupBy(findings, ({ file }) => file);
  return [
    'FINDINGS',
    ...[...files.entries()].flatMap(([file, some]) => [
      `  ${file || 'the Fargate profiles'}`,
      ...some.flatMap(({ line, severity, rule, name, object, message, fix }) => [
        `    ${file ? `line ${line}: ` : ''}${severity} ${rule} ${name}${object ? `: ${object}` : ''}`,
        `      ${message}`,
        `      Fix: ${fix}`,
      ]),
    ]),
  ].join('\n');
}

function spreadText({ spread }: FargateReport): string {
  const rows = spread
    .filter(({ replicas }) => replicas > 0)
    .map(({ namespace, name, replicas, perZone, canShareOneZone }) => [
      `${namespace}/${name.split(' ').slice(1).join(' ')}`,
      `${replicas}`,
      perZone
        ? Object.entries(perZone)
            .map(([zone, count]) => `${zone}: ${count}`)
            .join(', ')
        : 'any zone',
      canShareOneZone ? 'can all be in one zone' : '',
    ]);
  return rows.length === 0 ? '' : ['ZONES', ...table([['workload', 'pods', 'where', ''], ...rows], [1])].join('\n');
}

function patchDayText({ patchDay: { budgets, targets } }: FargateReport): string {
  if (targets.length + budgets.length === 0) return '';
  const services = targets.map(({ kind, namespace, name, replicas, podsLeft, hasDowntime, why }) => [
    `${kind} ${namespace}/${name}`,
    `${podsLeft} of ${replicas}`,
    replicas === 0 ? '-' : hasDowntime ? 'DOWN' : 'stays up',
    why,
  ]);
  const rows = budgets.map(({ namespace, name, replicas, allowed, outcome, podsLeft }) => [
    `PodDisruptionBudget ${namespace}/${name}`,
    `${podsLeft} of ${replicas}`,
    outcome === 'blocked' ? 'BLOCKED' : outcome,
    outcome === 'evicted'
      ? `${allowed} at a time`
      : outcome === 'blocked'
        ? 'deleted at the deadline'
        : 'selects no pods',
  ]);
  return [
    'PATCH DAY (AWS recycles the nodes zone by zone; the worst zone is told)',
    ...table([['what', 'pods left', 'outcome', 'why'], ...services, ...rows], []),
  ].join('\n');
}

function skippedText({ unreadable }: FargateReport): string {
  const skipped = unreadable.filter(({ reason }) => reason === 'not-kubernetes');
  if (skipped.length === 0) return '';
  return ['SKIPPED', ...skipped.map(({ file, line, message, fix }) => `  ${file}:${line} ${message} ${fix}`)].join(
    '\n',
  );
}

function totalsText({ totals }: FargateReport): string {
  const { manifests, workloads, replicas, error, warning, note } = totals;
  const count = (amount: number, one: string): string => `${amount} ${one}${amount === 1 ? '' : 's'}`;
  return [
    `${count(manifests, 'manifest')}, ${count(workloads, 'workload')}, ${count(replicas, 'pod')}, $${dollars(totals.usdPerMonth)} a month:`,
    `${count(error, 'error')}, ${count(warning, 'warning')}, ${count(note, 'note')}.`,
  ].join(' ');
}

/** Rows with columns of equal width; `right` are the columns of numbers. */
function table(rows: readonly (readonly string[])[], right: readonly number[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    `  ${row
      .map((cell, column) =>
        right.includes(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')}`.trimEnd(),
  );
}
