import { join } from 'node:path';
import { EnvironmentFault } from '../environment-fault.ts';
import { findTool } from '../tools/build-tool.ts';
import type { ValidatedSet } from '../validation/finding.ts';
import type { ScanFinding } from './exemptions.ts';
import { runScanner } from './run-scanner.ts';

/** kube-score's grades: 1 is critical, 5 a warning, 7 almost, 10 good. */
const critical = 1;
const good = 10;

interface Score {
  object_meta: { name: string; namespace?: string };
  type_meta: { kind: string };
  checks: { check: { id: string }; grade: number; skipped: boolean; comments: { summary: string }[] | null }[];
}

/** kube-score over one environment, whose objects belong together. */
export async function runKubeScore({ environment, folder, manifests, platform }: ValidatedSet): Promise<ScanFinding[]> {
  const files = [...new Set(manifests.map(({ file }) => join(folder, file)))];
  if (files.length === 0) return [];
  const program = await findTool('kube-score');
  // It ends with 1 when it found something; what it found is on stdout.
  const words = ['score', '--kubernetes-version', `v${platform.cluster.version}`, '-o', 'json', ...files];
  const scores = (await runScanner({ scanner: 'kube-score', program, words })) as Score[] | null;
  // Of objects that it has no checks for it says null.
  return scoresOf(scores ?? [], environment);
}

export function scoresOf(scores: readonly Score[], environment: string): ScanFinding[] {
  return scores.flatMap(({ object_meta: { name, namespace }, type_meta: { kind }, checks }) =>
    checks
      .filter(({ grade, skipped }) => !skipped && grade < good)
      .map(({ check, grade, comments }) => ({
        scanner: 'kube-score' as const,
        id: check.id,
        severity: grade <= critical ? ('high' as const) : ('low' as const),
        object: `${environment} ${kind} ${namespace ? `${namespace}/` : ''}${name}`,
        message: [...new Set(comments?.map(({ summary }) => summary))].join('; '),
      })),
  );
}

interface CheckovReport {
  results?: { failed_checks: { check_id: string; check_name: string; resource: string }[] };
  summary?: { passed: number; parsing_errors: number };
}

/** checkov's Kubernetes checks over one environment; it grades nothing without an account, so all count as high. */
export async function runCheckov({
  environment,
  folder,
}: ValidatedSet): Promise<{ findings: ScanFinding[]; passed: number }> {
  const program = await findTool('checkov');
  const words = ['-m', 'checkov.main', '-d', folder, '--framework', 'kubernetes', '--quiet', '--compact'];
  const report = await runScanner({ scanner: 'checkov', program, words: [...words, '-o', 'json', '--skip-download'] });
  return checksOf(report as CheckovReport, environment);
}

export function checksOf(report: CheckovReport, environment: string): { findings: ScanFinding[]; passed: number } {
  if (report.summary?.parsing_errors) {
    throw new EnvironmentFault(`E918 checkov could not read ${report.summary.parsing_errors} files of ${environment}.`);
  }
  const findings = (report.results?.failed_checks ?? []).map(({ check_id, check_name, resource }): ScanFinding => {
    // `Pod.order.order-api`: a kind, a namespace, a name.
    const [kind, namespace, ...name] = resource.split('.');
    const object = `${environment} ${kind} ${namespace}/${name.join('.')}`;
    return { scanner: 'checkov', id: check_id, severity: 'high', object, message: check_name };
  });
  return { findings, passed: report.summary?.passed ?? 0 };
}
