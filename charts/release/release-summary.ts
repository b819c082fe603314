import { signedDollars } from '../cost/money.ts';
import { alikeFindings } from '../diff/alike-changes.ts';
import { headlines } from '../diff/diff-counts.ts';
import type { DiffReport, EnvironmentDiff } from '../diff/diff-report.ts';
import { restartLine } from '../diff/diff-text.ts';

const mostLines = 12;

/** The numbers of `make diff`, and what of it nobody should overlook; the fields are left to `make diff` itself. */
export function summaryText(report: DiffReport): string {
  const counts = headlines(report).map(({ words }) => words);
  const [environment] = report.environments;
  const parts = environment ? partsOf(environment) : [];
  return `${[`${report.from} → ${report.to}: ${counts.join(' · ')}`, ...parts, ...report.notes].join('\n')}\n`;
}

function partsOf({ deleted, widened, restarts, policies, cost, notes }: EnvironmentDiff): string[] {
  return [
    ...part(
      'DELETED',
      deleted.map(({ resource, consequence }) => `✗ ${resource}${consequence && ` (${consequence})`}`),
    ),
    ...part(
      'ACCESS WIDENS',
      widened.map(({ subject, what }) => `! ${subject}: ${what}`),
    ),
    ...part('PODS THAT RESTART', restarts.map(restartLine)),
    ...part(
      'NEW POLICY FINDINGS',
      alikeFindings(policies.appeared).map(({ title, message }) => `! ${title}: ${message}`),
    ),
    ...part(
      'COST, USD A MONTH',
      cost.services.map(
        ({ service, before, after }) => `${service}: ${signedDollars(after.minCents - before.minCents)}`,
      ),
    ),
    ...part('NOTES', notes),
  ];
}

function part(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const rest = lines.length - mostLines;
  const shown = [...lines.slice(0, mostLines), ...(rest > 0 ? [`and ${rest} more`] : [])];
  return [`${title}\n${shown.map((line) => `  ${line}`).join('\n')}`];
}
