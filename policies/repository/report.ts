/** The part of Vitest's JSON report that is counted. */
export interface VitestReport {
  testResults: { name: string; status: string; assertionResults: { status: string; fullName: string }[] }[];
}

export interface Count {
  passed: number;
  failed: number;
  /** What a reader should know besides the numbers, a line each. */
  remarks: string[];
}

/** Fewer tests than this means that something was not run. Raise it as the repository grows. */
export const leastTests = 3000;
/** The same for the tests of `make e2e`. */
export const leastClusterTests = 15;

/**
 * Counts a test run. A file that could not be loaded, a file without a result and a run with too few tests are failures
 * of their own, so that what did not run never looks like success.
 */
export function countTests(report: VitestReport | undefined, options: { files: string[]; least: number }): Count {
  if (report === undefined) return { passed: 0, failed: 1, remarks: ['Vitest wrote no report.'] };
  const count: Count = { passed: 0, failed: 0, remarks: [] };
  let skipped = 0;
  for (const file of report.testResults) {
    const statuses = file.assertionResults.map(({ status }) => status);
    const failed = statuses.filter((status) => status === 'failed').length;
    count.passed += statuses.filter((status) => status === 'passed').length;
    skipped += statuses.filter((status) => status !== 'passed' && status !== 'failed').length;
    count.failed += failed;
    if (failed === 0 && (file.status === 'failed' || statuses.length === 0)) fail(count, `${file.name} did not run.`);
  }
  const seen = new Set(report.testResults.map(({ name }) => name));
  for (const file of options.files) if (!seen.has(file)) fail(count, `${file} has no result.`);
  if (skipped > 0) count.remarks.push(`${skipped} tests were skipped.`);
  const tests = count.passed + count.failed;
  if (tests < options.least) fail(count, `Only ${tests} tests ran, at least ${options.least} are expected.`);
  return count;
}

function fail(count: Count, remark: string): void {
  count.failed += 1;
  count.remarks.push(remark);
}
