import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { run } from './command.ts';

// Each tool must refuse a file that breaks its rule: a tool that sees no files passes too.
const root = resolve(import.meta.dirname, '../..');
const fixtures = 'policies/repository/fixtures';
const options = { cwd: root, deadlineSeconds: 240 };
/** Of a test that runs one of them. */
const limit = { timeout: 300_000 };

test('oxlint refuses a query and a call that nobody awaits', limit, async () => {
  const ended = await run(['oxlint', '--type-aware', `${fixtures}/floating`], options);
  expect(ended.isOk).toBe(false);
  expect(ended.output).toContain('PendingQuery<Row[]>');
  expect(ended.output).toContain('2 errors');
});

test('oxlint accepts what is awaited', limit, async () => {
  const ended = await run(['oxlint', '--type-aware', `${fixtures}/awaited`], options);
  expect(ended).toMatchObject({ isOk: true, output: expect.stringContaining('on 1 file') as string });
});

test('the compiler refuses syntax that Node cannot strip, and a missing index check', limit, async () => {
  const ended = await run(['tsc', '--noEmit', '-p', `${fixtures}/types/tsconfig.json`], options);
  expect(ended.isOk).toBe(false);
  expect(ended.output.match(/error TS\d+/g)).toEqual(['error TS1484', 'error TS1294', 'error TS18048', 'error TS2375']);
});

test('Biome refuses what the house does not write', limit, async () => {
  // Outside of the repository, because its own settings leave fixtures out.
  const folder = mkdtempSync(join(tmpdir(), 'millrace-lint-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(root, fixtures, 'lint'), folder, { recursive: true });
  const settings = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8')) as object;
  writeFileSync(join(folder, 'biome.json'), JSON.stringify({ ...settings, $schema: undefined, vcs: undefined }));

  const ended = await run(['biome', 'lint', '--max-diagnostics=50', '.'], { ...options, cwd: folder });
  expect(ended.isOk).toBe(false);
  const rules = ['noDefaultExport', 'noEnum', 'noImportCycles', 'useFilenamingConvention', 'noUnusedVariables'];
  expect(rules.filter((rule) => !ended.output.includes(`/${rule}`))).toEqual([]);
});

test('a program that does not end is killed and is a failure', async () => {
  const ended = await run(['sleep', '30'], { cwd: root, deadlineSeconds: 0.1 });
  expect(ended).toMatchObject({ isOk: false, output: expect.stringContaining('did not end within 0.1 s') as string });
});

test('a program that does not exist is a failure', async () => {
  expect((await run(['no-such-program'], options)).isOk).toBe(false);
});
