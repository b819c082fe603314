import { headlines, restartingPods } from './diff-counts.ts';
import type { DiffReport } from './diff-report.ts';

/** The report for a program: the same facts as the text, money in USD. */
export function diffJson(report: DiffReport): string {
  const { kind, from, to, contracts, environments, built, notes } = report;
  const value = {
    kind,
    from,
    to,
    headlines: headlines(report).map(({ words }) => words),
    contracts,
    terraform: built && { onlyIn: { from: built.deleted, to: built.added }, differs: built.changed },
    notes,
    environments: environments.map(({ cost, ...environment }) => ({
      ...environment,
      restartingPods: restartingPods({ ...environment, cost }),
      usdPerMonth: {
        before: usd(cost.beforeCents),
        after: usd(cost.afterCents),
        difference: usd(cost.afterCents - cost.beforeCents),
        differenceScaledOut: usd(cost.afterMostCents - cost.beforeMostCents),
        services: cost.services.map(({ service, before, after }) => ({
          service,
          before: usd(before.minCents),
          after: usd(after.minCents),
          difference: usd(after.minCents - before.minCents),
          pods: { before: before.minPods, after: after.minPods },
          differenceScaledOut: usd(after.maxCents - before.maxCents),
        })),
      },
    })),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

const usd = (amountCents: number): number => amountCents / 100;
