import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

function demo(words: readonly string[], variables: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'demo.ts'), ...words], {
    env: { PATH: process.env['PATH'], ...variables },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('the visitors of make demo, told something wrong', () => {
  it.each([
    [['--nonsense'], {}, /^There is no option --nonsense: SITE, MINUTES and VISITORS are variables \(--help .*\)\.\n$/],
    [['20'], {}, /^"20" is not understood: SITE, MINUTES and VISITORS are variables \(--help .*\)\.\n$/],
    [[], { MINUTES: 'ten' }, /^MINUTES=ten is not above 0 and at most 1440\.\n$/],
  ])('%j %j is one line that names the fault', (words, variables, line) => {
    const { status, stdout, stderr } = demo(words, variables as Record<string, string>);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(line);
  });

  it('--help tells how to use it, whatever stands beside', () => {
    expect(demo(['--help'])).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringContaining('[SITE='),
    });
    expect(demo(['--nonsense', '--help'])).toMatchObject({ status: 0, stderr: '' });
  });
});
