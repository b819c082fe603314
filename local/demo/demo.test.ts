import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shopper } from './shoppers.ts';

function demo(words: readonly string[], variables: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'main.ts'), ...words], {
    env: { PATH: process.env['PATH'], ...variables },
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

describe('make demo, told something wrong', () => {
  it.each([
    [['--nonsense'], {}, 2, /^There is no option --nonsense: SITE, MINUTES, VISITORS and ORDERS are variables .*\n$/],
    [['20'], {}, 2, /^"20" is not understood: SITE, MINUTES, VISITORS and ORDERS are variables .*\n$/],
    [[], { ORDERS: '-1' }, 2, /^ORDERS=-1 is not between 0 and 3000\.\n$/],
    [[], { MINUTES: 'ten' }, 2, /^MINUTES=ten is not between 0.05 and 1440\.\n$/],
    [[], { BASE_URL: 'http://127.0.0.1:9' }, 5, /^No platform answers at http:\/\/127\.0\.0\.1:9\. .*\n$/],
  ])('%j %j is one line that names the fault', (words, variables, code, line) => {
    const { status, stdout, stderr } = demo(words, variables as Record<string, string>);
    expect([status, stdout]).toEqual([code, '']);
    expect(stderr).toMatch(line);
  });

  it('--help tells how to use it', () => {
    expect(demo(['--help'])).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('ORDERS=30') });
  });
});

describe('a shopper', () => {
  it('is the same person in each demo, with an id of their own', () => {
    expect(shopper(3)).toEqual(shopper(3));
    const people = Array.from({ length: 40 }, (_, number) => shopper(number));
    expect(new Set(people.map(({ sub }) => sub)).size).toBe(40);
    for (const { sub } of people) expect(sub).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });
});
