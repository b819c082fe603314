import { appendFileSync, closeSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lastWords, openLog, trimLog } from './log.ts';
import { temporaryFolder } from './testing.ts';

let place: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  place = temporaryFolder();
});
afterEach(() => place.remove());

test('a log that has grown is put aside while its program writes on', () => {
  const path = join(place.path, 'logs/one.log');
  const file = openLog(path);
  appendFileSync(path, 'x'.repeat(9 * 1024 * 1024));
  trimLog(path);
  writeSync(file, 'the next line\n');
  closeSync(file);
  expect(readFileSync(path, 'utf8')).toBe('the next line\n');
  expect(statSync(`${path}.1`).size).toBe(9 * 1024 * 1024);
});

test.each([
  ['a plain end', 'starting\nlistening on 1\n', 'listening on 1'],
  [
    "an error of Kubernetes' programs",
    'I1122 00:13:30.485373   29470 a.go:1] fine\nE1122 00:13:32.485373   29470 controllermanager.go:250] "no API server"\nI1122 00:13:33.485373   29470 a.go:1] bye\n',
    '"no API server"',
  ],
  ['a panic', 'panic: no map\n\ngoroutine 1 [running]:\n\tmain.go:1\n', 'panic: no map'],
  ["an error of Argo CD's", '{"level":"fatal","msg":"a","error":"b"}\n{"level":"info","msg":"c"}\n', 'a: b'],
])('the line that says why: %s', (_name, text, line) => {
  const path = join(place.path, 'one.log');
  writeFileSync(path, text);
  expect(lastWords(path)).toBe(line);
});

test('where there is no log, its place is told', () => {
  expect(lastWords(join(place.path, 'none.log'))).toBe(`see ${join(place.path, 'none.log')}`);
});
