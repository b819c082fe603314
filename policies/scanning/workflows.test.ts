import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findTool } from '../tools/build-tool.ts';
import { runActionlint, runZizmor } from './workflows.ts';

const makingMs = 20 * 60_000;
const folder = mkdtempSync(join(tmpdir(), 'millrace-workflows-'));
const bad = join(folder, 'bad.yaml');
const good = join(folder, 'good.yaml');
const broken = join(folder, 'broken.yaml');

beforeAll(async () => {
  writeFileSync(bad, workflow('ubuntu-latestt', `echo $${'{{ github.event.head_commit.message }}'}`));
  writeFileSync(good, workflow('ubuntu-24.04', 'echo hello'));
  writeFileSync(broken, 'on: [');
  await findTool('actionlint');
  await findTool('zizmor');
}, makingMs);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const workflow = (machine: string, command: string): string => `name: Greeting
on: [push]
permissions: {}
jobs:
  greet:
    runs-on: ${machine}
    steps:
      - run: ${command}
`;

describe('the programs that read workflows', () => {
  it('find a label that no machine has', async () => {
    const findings = await runActionlint([bad]);
    expect(findings).toContainEqual(
      expect.objectContaining({ scanner: 'actionlint', id: 'runner-label', file: bad, line: 6 }),
    );
  });

  it('find a command that whoever pushes could write', async () => {
    expect(await runZizmor([bad])).toEqual([
      {
        scanner: 'zizmor',
        id: 'template-injection',
        severity: 'high',
        file: bad,
        line: 8,
        message: expect.stringContaining('may expand into attacker-controllable code'),
      },
    ]);
  });

  it('have nothing against a good one, or against none', async () => {
    expect(await runActionlint([good])).toEqual([]);
    expect(await runZizmor([good])).toEqual([]);
    expect(await runActionlint([])).toEqual([]);
    expect(await runZizmor([])).toEqual([]);
  });

  it('do not take one that they cannot read for a good one', async () => {
    expect(await runActionlint([broken])).toEqual([expect.objectContaining({ id: 'syntax-check', file: broken })]);
    await expect(runZizmor([broken])).rejects.toThrow('E918 zizmor said nothing');
  });
});
