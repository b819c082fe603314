import { signedDollars, sumCents } from '../cost/money.ts';
import type { DiffReport, EnvironmentDiff } from './diff-report.ts';

/** How a headline sees a report: the numbers by which a reader decides whether to read on. */
export interface Headline {
  words: string;
  isLoud: boolean;
}

/** The headlines of a report, deletions first; only what is not nothing, or that nothing changes. */
export function headlines({ kind, from, to, environments, contracts, built }: DiffReport): Headline[] {
  const isChange = kind === 'change';
  const sum = (of: (environment: EnvironmentDiff) => number): number => sumCents(environments.map(of));
  const broken = contracts.filter(({ breaks }) => breaks.length > 0).length;
  const refused = sum(({ restarts }) => restarts.filter(({ how }) => how === 'refused').length);
  const cents = sum(({ cost }) => cost.afterCents - cost.beforeCents);
  const most = sum(({ cost }) => cost.afterMostCents - cost.beforeMostCents);
  const lines: [number, string, boolean][] = [
    [sum(({ deleted }) => deleted.length), isChange ? 'deleted' : `only in ${from}`, isChange],
    [broken, broken === 1 ? 'event contract breaks' : 'event contracts break', true],
    [sum(({ widened }) => widened.length), 'widenings of access', true],
    [refused, refused === 1 ? 'change that the cluster refuses' : 'changes that the cluster refuses', true],
    [sum(({ policies }) => policies.appeared.length), 'new policy findings', true],
    [sum(({ changed }) => changed.length), isChange ? 'changed' : 'differ', false],
    [sum(({ added }) => added.length), isChange ? 'added' : `only in ${to}`, false],
    [sum(restartingPods), 'pods restart', false],
    [contracts.length - broken, 'event contracts grow', false],
    [sizeOf(built), 'differences in what Terraform builds', false],
  ];
  const said = lines
    .filter(([count]) => count > 0)
    .map(([count, words, isLoud]) => ({ words: `${count} ${count === 1 ? singular(words) : words}`, isLoud }));
  if (cents !== 0) said.push({ words: `${signedDollars(cents)} USD a month`, isLoud: false });
  else if (most !== 0) said.push({ words: `${signedDollars(most)} USD a month when scaled out`, isLoud: false });
  return said.length > 0 ? said : [{ words: isChange ? 'nothing changes' : 'nothing differs', isLoud: false }];
}

/** The pods that a change replaces. */
export const restartingPods = ({ restarts }: EnvironmentDiff): number =>
  sumCents(restarts.filter(({ how }) => how !== 'runs-again' && how !== 'refused').map(({ pods }) => pods));

const sizeOf = (built: DiffReport['built']): number =>
  built ? built.deleted.length + built.changed.length + built.added.length : 0;

const singular = (words: string): string =>
  ({
    'widenings of access': 'widening of access',
    'new policy findings': 'new policy finding',
    'pods restart': 'pod restarts',
    'event contracts grow': 'event contract grows',
    'differences in what Terraform builds': 'difference in what Terraform builds',
  })[words] ?? words;

/** The headlines of one environment alone. */
export const environmentHeadlines = (report: DiffReport, environment: EnvironmentDiff): string =>
  headlines({ ...report, environments: [environment], contracts: [] })
    .map(({ words }) => words)
    .join(' · ');
