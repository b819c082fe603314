import type { ExecFileOptions } from 'node:child_process';
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from '../config.ts';
import { EnvironmentFault } from '../environment-fault.ts';
import { findTool } from '../tools/build-tool.ts';
import type { ValidatedSet } from '../validation/finding.ts';
import type { ScanFinding } from './exemptions.ts';

const requirements = join(import.meta.dirname, '../tools/checkov/requirements.txt');
const scanMs = 300_000;
const installMs = 900_000;
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
  const output = await run(program, words);
  // Of objects that it has no checks for it says null.
  return scoresOf((parse('kube-score', output) as Score[] | null) ?? [], environment);
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
  const python = await findCheckov();
  const words = ['-m', 'checkov.main', '-d', folder, '--framework', 'kubernetes', '--quiet', '--compact'];
  const output = await run(python, [...words, '-o', 'json', '--skip-download']);
  return checksOf(parse('checkov', output) as CheckovReport, environment);
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

/** checkov in an environment of its own, installed once from pinned versions. */
async function findCheckov(): Promise<string> {
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 16);
  const folder = join(readConfig().toolCache, `checkov-${hash}`);
  const python = join(folder, 'bin/python');
  if (existsSync(python)) return python;
  process.stderr.write('Installing checkov from PyPI, once: about 1 min.\n');
  const unfinished = `${folder}.${randomUUID()}`;
  mkdirSync(join(folder, '..'), { recursive: true });
  try {
    await must('python3', ['-m', 'venv', unfinished]);
    await must(join(unfinished, 'bin/python'), ['-m', 'pip', 'install', '--quiet', '--requirement', requirements]);
    // Its python and modules work in another folder; of two installations at once the first stays.
    if (!existsSync(folder)) renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return python;
}

function must(program: string, words: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, words, options(installMs), (error, output, complaint) => {
      if (!error) return resolve(output.toString());
      const reason =
        complaint
          .toString()
          .split('\n')
          .find((line) => /error/i.test(line)) ?? error.message.split('\n')[0];
      const advice = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'Install Python 3.9 or newer.' : reason;
      reject(new EnvironmentFault(`E917 checkov could not be installed. ${advice}`));
    });
  });
}

function run(program: string, words: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, words, options(scanMs), (error, output, complaint) => {
      // An exit code says that something was found; no output says that it did not run.
      if (output.length > 0) return resolve(output.toString());
      reject(
        new EnvironmentFault(`E918 ${program} said nothing: ${complaint.toString().split('\n')[0] || error?.message}`),
      );
    });
  });
}

const options = (timeout: number): ExecFileOptions => ({
  timeout,
  maxBuffer: 256 * 1024 * 1024,
  env: { ...readConfig().environment, BC_SKIP_MAPPING: 'TRUE', LOG_LEVEL: 'ERROR' },
});

function parse(scanner: string, output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    throw new EnvironmentFault(`E918 ${scanner} gave no JSON: ${output.slice(0, 120).split('\n')[0]}`);
  }
}
