import { expect, test } from 'vitest';
import type { VitestReport } from './report.ts';
import { countTests } from './report.ts';

const report = (...files: [name: string, status: string, ...tests: string[]][]): VitestReport => ({
  testResults: files.map(([name, status, ...tests]) => ({
    name,
    status,
    assertionResults: tests.map((each) => ({ status: each, fullName: '' })),
  })),
});

test('tests that passed and failed are counted', () => {
  const run = report(['a', 'failed', 'passed', 'failed'], ['b', 'passed', 'passed']);
  expect(countTests(run, { files: ['a', 'b'], least: 3 })).toMatchObject({ passed: 2, failed: 1 });
});

test('a failed test is named with what it said, for the end of a long run', () => {
  const failureMessages = ['AssertionError: expected 1 to be 2\n    at a.test.ts:3:1'];
  const assertionResults = [{ status: 'failed', fullName: 'one is two', failureMessages }];
  const run = { testResults: [{ name: 'a', status: 'failed', assertionResults }] };
  expect(countTests(run, { files: ['a'], least: 1 }).remarks).toEqual([
    '✗ a: one is two\n    AssertionError: expected 1 to be 2\n        at a.test.ts:3:1',
  ]);
});

test('a skipped test is neither, and is told', () => {
  const run = report(['a', 'passed', 'passed', 'pending']);
  expect(countTests(run, { files: ['a'], least: 1 })).toEqual({
    passed: 1,
    failed: 0,
    remarks: ['1 tests were skipped.'],
  });
});

test('a file that could not be loaded is a failure', () => {
  const run = report(['a', 'failed'], ['b', 'passed', 'passed']);
  expect(countTests(run, { files: ['a', 'b'], least: 1 })).toEqual({
    passed: 1,
    failed: 1,
    remarks: ['a did not run.'],
  });
});

test('a file without tests is a failure', () => {
  expect(countTests(report(['a', 'passed']), { files: [], least: 0 }).failed).toBe(1);
});

test('a test file on disk without a result is a failure', () => {
  const run = report(['a', 'passed', 'passed']);
  expect(countTests(run, { files: ['a', 'b'], least: 1 })).toEqual({
    passed: 1,
    failed: 1,
    remarks: ['b has no result.'],
  });
});

test('suspiciously few tests are a failure', () => {
  expect(countTests(report(['a', 'passed', 'passed']), { files: ['a'], least: 2 })).toEqual({
    passed: 1,
    failed: 1,
    remarks: ['Only 1 tests ran, at least 2 are expected.'],
  });
});

test('no report is a failure', () => {
  expect(countTests(undefined, { files: [], least: 0 }).failed).toBe(1);
});
