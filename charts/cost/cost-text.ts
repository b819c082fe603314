import { fargatePrices } from '@millrace/catalog/fargate.ts';
import { hoursPerMonth } from '@millrace/fargate/plan.ts';
import type { BuiltCost } from './built-cost.ts';
import { notInBuilt } from './built-cost.ts';
import type { CanaryCost } from './canary.ts';
import type { CostReport } from './cost-report.ts';
import { dollars, fineDollars, sumCents } from './money.ts';
import { platformPartsAsOf } from './platform-tax.ts';
import type { PodCost } from './pods.ts';
import { savedCents } from './pods.ts';
import { bar, textTable } from './text-table.ts';
import type { TrafficEstimate } from './traffic.ts';
import { assumptions } from './traffic.ts';

const barSize = 20;

/** The reports of several environments, with their sum. */
export function costTexts(reports: readonly CostReport[]): string {
  const texts = reports.map(costText);
  if (reports.length < 2) return texts.join('');
  const least = sumCents(reports.map(({ minCents }) => minCents));
  const most = sumCents(reports.map(({ maxCents }) => maxCents));
  const names = reports.map(({ environment }) => environment).join(' + ');
  return `${texts.join('\n')}\n${names}: ${dollars(least)} to ${dollars(most)} USD a month\n`;
}

/** For a person: services, pods, waste, the platform, traffic, and what is not in it. */
function costText(report: CostReport): string {
  const title = `${report.environment}: ${dollars(report.minCents)} to ${dollars(report.maxCents)} USD a month`;
  return `${[
    `${title}\n${'═'.repeat(title.length)}`,
    `${report.region}, Fargate prices of ${fargatePrices.asOf}, ${hoursPerMonth} hours. Least: no autoscaler adds a pod. Most: each adds all it may.`,
    ...(report.withoutRelease.length > 0
      ? [`Counted as if released, though they have no release yet: ${report.withoutRelease.join(', ')}.`]
      : []),
    servicesTable(report),
    podsTable(report.pods),
    ...tasksPart(report.pods),
    ...canaryPart(report.canaries),
    wastePart(report),
    platformPart(report),
    ...report.traffic.map(trafficPart),
    builtPart(report),
  ].join('\n\n')}\n`;
}

function servicesTable({ services, platformCents, minCents, maxCents }: CostReport): string {
  const largest = Math.max(platformCents, ...services.map((row) => row.minCents));
  const drawn = (amount: number): string => bar(amount / largest, barSize);
  return textTable(
    [
      { head: 'service' },
      { head: 'pods', isRight: true },
      { head: 'least', isRight: true },
      { head: 'most', isRight: true },
      { head: '' },
    ],
    [
      ...services.map((row) => [
        row.service,
        range(row.minPods, row.maxPods),
        dollars(row.minCents),
        dollars(row.maxCents),
        drawn(row.minCents),
      ]),
      ['(the platform itself)', '', dollars(platformCents), dollars(platformCents), drawn(platformCents)],
      [''],
      ['USD a month', '', dollars(minCents), dollars(maxCents)],
    ],
  );
}

function podsTable(pods: readonly PodCost[]): string {
  const running = pods.filter(({ isTask }) => !isTask);
  return textTable(
    [
      { head: 'pod' },
      { head: 'size billed' },
      { head: 'pods', isRight: true },
      { head: 'each', isRight: true },
      { head: 'least', isRight: true },
      { head: 'most', isRight: true },
      { head: 'next smaller size' },
      { head: 'saves', isRight: true },
    ],
    running.map((row) => {
      const next = row.plan.wasted.nextSmaller;
      return [
        row.object,
        row.size,
        range(row.minPods, row.maxPods),
        dollars(row.eachCents),
        dollars(row.minCents),
        dollars(row.maxCents),
        next ? `${next.size}, ask ${next.ask.vcpu} vCPU ${next.ask.memoryMib}Mi` : 'none',
        next ? dollars(savedCents(next, row.minPods)) : '',
      ];
    }),
  );
}

function tasksPart(pods: readonly PodCost[]): string[] {
  const tasks = pods.filter(({ isTask }) => isTask);
  if (tasks.length === 0) return [];
  const each = Math.max(...tasks.map(({ taskUsd }) => taskUsd));
  return [
    `${tasks.length} jobs run to an end (${tasks.map(({ pod }) => pod).join(', ')}): ` +
      `billed for a minute at least, at most ${fineDollars(each)} USD for that minute; not in the month.`,
  ];
}

/** A line for all together, as if everything were released at once, and one for each. */
function canaryPart(canaries: readonly CanaryCost[]): string[] {
  if (canaries.length === 0) return [];
  const sum = (of: (canary: CanaryCost) => number): number => canaries.reduce((total, each) => total + of(each), 0);
  const words = ({ pods, minutes, releaseUsd }: Omit<CanaryCost, 'object'>): string =>
    `+${pods} pods for about ${Math.round(minutes)} minutes a release, ${fineDollars(releaseUsd)} USD a release`;
  const pods = sum((canary) => canary.pods);
  const podMinutes = sum((canary) => canary.pods * canary.minutes);
  const all = { pods, minutes: podMinutes / pods, releaseUsd: sum((canary) => canary.releaseUsd) };
  const each = canaries.map((canary) => `  ${canary.object}: ${words(canary)}`);
  return [[`canary: ${words(all)} of everything; not in the month.`, ...each].join('\n')];
}

function wastePart({ wasted }: CostReport): string {
  if (wasted.length === 0) return 'No pod wastes a size step: each asks for all that its size gives.';
  const lines = wasted.map(({ object, pods, size, wastedVcpu, wastedMemoryMib, next }) => {
    const unused = [wastedVcpu > 0 ? `${wastedVcpu} vCPU` : '', wastedMemoryMib > 0 ? `${wastedMemoryMib} MiB` : ''];
    const advice = next
      ? ` Ask for ${next.askVcpu} vCPU and ${next.askMemoryMib}Mi, get ${next.size}, save ${dollars(next.savesCents)} USD a month.`
      : ' There is no smaller size: ask for the rest, it is paid for.';
    return `  ${object} (${pods} of ${size}): ${unused.filter(Boolean).join(' and ')} paid for and not asked for.${advice}`;
  });
  return `${wasted.length} pods waste a part of their size:\n${lines.join('\n')}`;
}

function platformPart({ platform, platformCents, minCents }: CostReport): string {
  const share = Math.round((platformCents / minCents) * 100);
  const rows = platform.map(({ name, namespace, pods, size, monthCents }) => [
    name,
    namespace,
    pods === 0 ? '' : String(pods),
    size,
    dollars(monthCents),
  ]);
  const table = textTable(
    [
      { head: 'the platform itself' },
      { head: 'namespace' },
      { head: 'pods', isRight: true },
      { head: 'size billed' },
      { head: 'USD', isRight: true },
    ],
    [...rows, [''], [`${share} % of the least`, '', '', '', dollars(platformCents)]],
  );
  return `${table}\nWhat EKS brings was read on ${platformPartsAsOf}; the rest stands in catalog/add-ons.ts.`;
}

/** What Terraform builds stands beside the pods: it is billed whether they run or not. */
function builtPart({ built, minCents, maxCents }: CostReport): string {
  if (!built)
    return 'What Terraform builds is not in here: catalog/built.json does not have it yet (see "make terraform").';
  const rows = built.lines.map((line) => [
    line.words,
    range(line.least, line.most),
    dollars(line.minCents),
    dollars(line.maxCents),
  ]);
  const table = textTable(
    [
      { head: 'what Terraform builds' },
      { head: 'how many', isRight: true },
      { head: 'least', isRight: true },
      { head: 'most', isRight: true },
    ],
    [...rows, [''], builtSum('USD a month', built), builtSum('with the pods', plus(built, { minCents, maxCents }))],
  );
  return `${table}\nThe prices stand in catalog/prices.ts, each with its day and source. Not in here: ${notInBuilt}.`;
}

type Range = Pick<BuiltCost, 'minCents' | 'maxCents'>;

const builtSum = (name: string, { minCents, maxCents }: Range): string[] => [
  name,
  '',
  dollars(minCents),
  dollars(maxCents),
];

const plus = (a: Range, b: Range): Range => ({
  minCents: sumCents([a.minCents, b.minCents]),
  maxCents: sumCents([a.maxCents, b.maxCents]),
});

function trafficPart({ unit, parts, quietUsd, busyUsd, standing }: TrafficEstimate): string {
  const rows = parts.map((part) => [
    part.what,
    fineDollars(part.busyUsd),
    fineDollars(part.quietUsd),
    part.basis,
    part.note,
  ]);
  const sums = ['USD', fineDollars(busyUsd), fineDollars(quietUsd)];
  const table = textTable(
    [
      { head: `per ${unit}` },
      { head: 'busy', isRight: true },
      { head: 'quiet', isRight: true },
      { head: 'basis' },
      { head: '' },
    ],
    [...rows, [''], sums],
  );
  return (
    `${table}\nBusy: everything in batches; quiet: everything alone; assumptions of ${assumptions.asOf} in charts/cost/traffic.ts.\n` +
    `Pods that run anyway (${standing.services.join(', ')}) add ${fineDollars(standing.usd)} if a month has ${standing.unitsPerMonth} ${unit}.`
  );
}

const range = (min: number, max: number): string => (min === max ? String(min) : `${min}–${max}`);
