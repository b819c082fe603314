/** The part of Vitest's JSON report that is counted. */
export interface VitestReport {
  testResults: { name: string; status: string; assertionResults: TestResult[] }[];
}

interface TestResult {
  status: string;
  fullName: string;
  /** What a failed test said, with its stack. */
  failureMessages?: string[];
}

export interface Count {
  passed: number;
  failed: number;
  /** What a reader should know besides the numbers: what failed, with its words. */
  remarks: string[];
}

/** Fewer tests than this means that something was not run. Raise it as the repository grows. */
export const leastTests = 3000;
/** The same for the tests of `make e2e`. */
export const leastClusterTests = 15;
/** Characters of a failed test's words that are repeated at the end of a run. */
const longestFailure = 3000;

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
    const ofFailed = file.assertionResults.filter(({ status }) => status === 'failed');
    const failed = ofFailed.length;
    count.remarks.push(...ofFailed.map((each) => failureOf(file.name, each)));
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

function failureOf(file: string, { fullName, failureMessages = [] }: TestResult): string {
  const words = failureMessages.join('\n').slice(0, longestFailure).replaceAll(/^/gm, '    ');
  return `✗ ${file}: ${fullName}\n${words}`.trimEnd();
}

function fail(count: Count, remark: string): void {
  count.failed += 1;
  count.remarks.push(remark);
}
