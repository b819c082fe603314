import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { textAt } from './events/json-path.ts';
import { compilePattern } from './pattern.ts';
import { InvalidPatternError } from './pattern-error.ts';

type Answer = 'true' | 'false' | 'invalid';

function answer(pattern: string, event: string): Answer {
  try {
    return compilePattern(pattern).matches(event) ? 'true' : 'false';
  } catch (error) {
    if (error instanceof InvalidPatternError) return 'invalid';
    throw error;
  }
}

interface Case {
  pattern: string;
  event: string;
  expect: string;
}

const disagreements = (cases: Case[]): (Case & { answered: Answer })[] =>
  cases
    .map((one) => ({ ...one, answered: answer(one.pattern, one.event) }))
    .filter((one) => one.answered !== one.expect);

const linesOf = (path: URL): string[] => readFileSync(path, 'utf8').trim().split('\n');

const ownCases = linesOf(new URL('./pattern-cases.jsonl', import.meta.url)).map((line) => JSON.parse(line) as Case);

test("450 generated patterns are answered as AWS's matcher answered them", () => {
  expect(ownCases).toHaveLength(450);
  expect(disagreements(ownCases)).toEqual([]);
});

test('a wrong answer would be seen', () => {
  const [first] = ownCases;
  const wrong = { pattern: '{"a":[1]}', event: '{"a":1}', expect: 'false' };
  expect(disagreements([wrong, ...(first ? [first] : [])])).toEqual([{ ...wrong, answered: 'true' }]);
});

const oracle = new URL('../../../shared/oracle/eventbridge-patterns.jsonl', import.meta.url);

test(`the recorded patterns beside the repository${existsSync(oracle) ? '' : ' (not there: nothing was compared)'}`, () => {
  // The spelling of numbers matters, so pattern and event are cut out of the line and not parsed.
  const cases = (existsSync(oracle) ? linesOf(oracle) : []).map((line) => ({
    pattern: textAt(line, ['pattern']) ?? '',
    event: textAt(line, ['event']) ?? '',
    expect: String((JSON.parse(line) as { expect: unknown }).expect),
  }));
  expect(disagreements(cases)).toEqual([]);
});

describe('numbers', () => {
  test.each([
    ['{"a":[10]}', '{"a":10.0}', 'true'],
    ['{"a":[1e3]}', '{"a":1000}', 'true'],
    ['{"a":["10"]}', '{"a":10}', 'false'],
    ['{"a":[{"numeric":[">",0,"<=",5]}]}', '{"a":5}', 'true'],
    ['{"a":[{"numeric":[">",0,"<",5]}]}', '{"a":5}', 'false'],
    ['{"a":[{"numeric":[">",5,"<",0]}]}', '{"a":5}', 'invalid'],
    ['{"a":[12345678901234567890]}', '{"a":12345678901234567890}', 'true'],
    ['{"a":[{"anything-but":12345678901234567891}]}', '{"a":1}', 'invalid'],
  ])('%s against %s is %s', (pattern, event, expected) => {
    expect(answer(pattern, event)).toBe(expected);
  });
});

describe('arrays of objects', () => {
  const event = '{"items":[{"sku":"a","qty":1},{"sku":"b","qty":2}]}';
  test('values of one element match together', () => {
    expect(answer('{"items":{"sku":["b"],"qty":[2]}}', event)).toBe('true');
  });
  test('values of two elements do not', () => {
    expect(answer('{"items":{"sku":["a"],"qty":[2]}}', event)).toBe('false');
  });
});

describe('bad and hostile patterns', () => {
  test.each([
    '',
    '[]',
    '{}',
    '{"a":1}',
    '{"a":[]}',
    '{"a":[1],}',
    '{"$or":[{"a":[1]}]}',
    '{"a":[{"wildcard":"**"}]}',
    '{',
  ])('%s is refused', (pattern) => {
    expect(answer(pattern, '{"a":1}')).toBe('invalid');
  });

  test('a pattern whose $or would unfold without end is refused', () => {
    const pattern = `{${Array.from({ length: 60 }, () => '"$or":[{"a":[1]},{"b":[1]}]').join(',')}}`;
    expect(answer(pattern, '{"a":1}')).toBe('invalid');
  });

  test('many equal values in many arrays are decided at once', () => {
    const names = Array.from({ length: 30 }, (_, index) => `k${index}`);
    const event = `{${names.map((name) => `"${name}":[${Array(100).fill('"x"').join(',')}]`).join(',')}}`;
    const pattern = `{${names.map((name) => `"${name}":["x"]`).join(',')},"z":["x"]}`;
    const startedAt = performance.now();
    expect(answer(pattern, event)).toBe('false');
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });

  test('a wildcard with many stars takes no time on a long text', () => {
    const startedAt = performance.now();
    expect(answer(`{"a":[{"wildcard":"${'*a'.repeat(300)}b"}]}`, `{"a":"${'a'.repeat(100_000)}"}`)).toBe('false');
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });
});
