// `make test`: every check and every test but those of `make e2e`, which this runs too. It goes on after a failure; the last line counts.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Check } from './checks.ts';
import { allChecks, hasTools } from './checks.ts';
import { run } from './command.ts';
import type { Count, VitestReport } from './report.ts';
import { countTests, leastClusterTests, leastTests } from './report.ts';
import { readTree } from './tree.ts';

const root = resolve(import.meta.dirname, '../..');
const testDeadlineSeconds = 4500;
/** Which of Vitest's projects a command runs, with which files, and how many tests that is at least. */
const suites = {
  test: { projects: ['parts', 'whole'], isOwn: (path: string) => !path.startsWith(clusterTests), least: leastTests },
  e2e: { projects: ['cluster'], isOwn: (path: string) => path.startsWith(clusterTests), least: leastClusterTests },
} as const;
const clusterTests = 'e2e/cluster/';

await main(process.argv[2]);

async function main(group: string | undefined): Promise<void> {
  if (group !== undefined && !['types', 'lint', 'e2e'].includes(group)) stop(2, 'usage: test-all.ts [types|lint|e2e]');
  if (!hasTools(root)) stop(5, 'the tools are not installed: run make setup');
  process.once('SIGINT', () => process.exit(130));
  const counts =
    group === 'e2e'
      ? [await runTests('e2e')]
      : [await runChecks(allChecks().filter((check) => group === undefined || check.group === group))];
  if (group === undefined) counts.push(await runTests('test'));
  const passed = counts.reduce((sum, count) => sum + count.passed, 0);
  const failed = counts.reduce((sum, count) => sum + count.failed, 0);
  const remarks = counts.flatMap((count) => count.remarks);
  if (remarks.length > 0) console.log(['Remarks:', ...remarks].join('\n'));
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

async function runChecks(checks: Check[]): Promise<Count> {
  const count: Count = { passed: 0, failed: 0, remarks: [] };
  for (const check of checks) {
    const ended = await run(check.words, { cwd: root, deadlineSeconds: check.deadlineSeconds });
    console.log(`${ended.isOk ? '✓' : '✗'} ${check.name} (${ended.seconds.toFixed(1)} s)`);
    if (!ended.isOk) console.log(ended.output.trimEnd().replaceAll(/^/gm, '    '));
    count[ended.isOk ? 'passed' : 'failed'] += 1;
    if (!ended.isOk) count.remarks.push(`✗ ${check.name}`);
  }
  return count;
}

async function runTests(name: keyof typeof suites): Promise<Count> {
  const { projects, isOwn, least } = suites[name];
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'));
  const path = join(folder, 'report.json');
  const chosen = projects.map((project) => `--project=${project}`);
  const words = ['vitest', 'run', ...chosen, '--reporter=default', '--reporter=json', `--outputFile.json=${path}`];
  const ended = await run(words, { cwd: root, deadlineSeconds: testDeadlineSeconds, isShown: true });
  const files = readTree(root).files.filter((file) => /\.test\.tsx?$/.test(file.path) && isOwn(file.path));
  const count = countTests(readReport(path), { files: files.map((file) => join(root, file.path)), least });
  rmSync(folder, { recursive: true, force: true });
  if (ended.isOk || count.failed > 0) return count;
  return {
    ...count,
    failed: 1,
    remarks: [...count.remarks, 'Vitest failed outside of a test: see above.', ended.output],
  };
}

function readReport(path: string): VitestReport | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as VitestReport;
  } catch {
    return undefined;
  }
}

function stop(code: number, message: string): never {
  console.error(message);
  process.exit(code);
}
