import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ReleaseCopy } from './testing/release-copy.ts';
import { copyForReleases, digestOf, imagesOf, programs } from './testing/release-copy.ts';

const hookMs = 300_000;
const testMs = 180_000;
const interruption = join(import.meta.dirname, 'testing/interruption.ts');
const at = (place: string, action = 'kill'): Record<string, string> => ({
  NODE_OPTIONS: `--import ${interruption}`,
  INTERRUPT_AT: place,
  INTERRUPT_WITH: action,
});
const killAll = 'kill -9 0';

describe('a release that is interrupted', { timeout: testMs }, () => {
  let copy: ReleaseCopy;
  let second: string[];
  const start = (words: readonly string[], variables: Record<string, string> = {}) =>
    copy.start(programs.release, ['--env', 'dev', ...words], variables);

  beforeAll(() => {
    copy = copyForReleases();
    copy.release(imagesOf());
    copy.git('tag', 'before');
    second = ['--images', copy.imagesFile({ order: digestOf('order', 'second') })];
    copy.release({ order: digestOf('order', 'second') });
    copy.git('tag', 'after');
  }, hookMs);
  beforeEach(() => {
    for (const name of ['pre-commit', 'post-commit', 'post-checkout']) copy.hook(name, '');
    copy.git('checkout', '--quiet', '--force', '-B', 'main', 'before');
    copy.git('clean', '--quiet', '--force', '-d');
  });
  afterAll(() => copy.remove());

  const isWhole = (): void => {
    expect(copy.git('rev-parse', 'HEAD^{tree}')).toBe(copy.git('rev-parse', 'after^{tree}'));
    expect([copy.git('rev-parse', 'HEAD^'), copy.git('status', '--porcelain')]).toEqual([
      copy.git('rev-parse', 'before'),
      '',
    ]);
  };

  it.each([
    ['before a manifest is written', 'renameSync:1', undefined],
    ['between the two renames of the manifests', 'renameSync:2', undefined],
    ['between manifests and pins', 'renameSync:3', undefined],
    ['while a hook of Git looks at it', '', 'pre-commit'],
    ['between the commit and the index', '', 'post-commit'],
  ])('by kill -9 %s is completed by the next run', async (_, place, hook) => {
    if (hook) copy.hook(hook, killAll);
    const killed = await start(second, place ? at(place) : {});
    expect(killed.code).toBe(null);
    expect(existsSync(join(copy.root, '.git/index.lock'))).toBe(false);
    if (hook) copy.hook(hook, '');
    const rerun = await start(second);
    expect([rerun.code, rerun.err]).toEqual([0, expect.not.stringContaining('not committed')]);
    isWhole();
  });

  it('by Ctrl-C while a hook runs puts everything back', async () => {
    copy.hook('pre-commit', 'kill -2 0; exit 1');
    const stopped = await start(second);
    expect([stopped.code, stopped.out.includes('commit ')]).toEqual([5, false]);
    expect(stopped.err).toMatch(/^stopped: nothing was changed\.$/m);
    expect([copy.head(), copy.git('status', '--porcelain')]).toEqual([copy.git('rev-parse', 'before'), '']);
  });

  it('what a killed run left is no leave to overwrite what a person wrote since', async () => {
    await start(second, at('renameSync:3'));
    copy.edit('manifests/dev/order/service-order-api.yaml', (text) => `${text}# mine\n`);
    const rerun = await start(second);
    expect([rerun.code, rerun.err]).toEqual([
      2,
      expect.stringMatching(/service-order-api\.yaml: changed and not committed/),
    ]);
  });

  it.each([
    ['when the branch was made', 'post-checkout'],
    ['between the commit and the index', 'post-commit'],
  ])('a promotion to prod that is killed %s is completed by the next run', async (_, hook) => {
    copy.promote(['--to', 'staging']);
    copy.hook(hook, killAll);
    expect((await copy.start(programs.promote, ['--to', 'prod'])).code).toBe(null);
    copy.hook(hook, '');
    const rerun = await copy.start(programs.promote, ['--to', 'prod']);
    expect(rerun.code).toBe(0);
    const [, branch = ''] = /^branch (.+)$/m.exec(rerun.out) ?? [];
    const [, body = ''] = /^body (.+)$/m.exec(rerun.out) ?? [];
    expect([copy.git('rev-parse', `${branch}^`), existsSync(body)]).toEqual([copy.git('rev-parse', 'main'), true]);
    expect(copy.pins('prod', branch)).toEqual(copy.pins('staging'));
    expect(copy.git('status', '--porcelain')).toBe('');
    copy.git('checkout', '--quiet', 'main');
    copy.git('branch', '-D', branch);
  });

  it('two at once come one after the other, and both stay', async () => {
    const other = ['--images', copy.imagesFile({ user: digestOf('user', 'second') })];
    const runs = await Promise.all([start(second), start(other)]);
    expect(runs.map(({ code, err }) => (code === 0 ? code : err))).toEqual([0, 0]);
    expect(
      copy
        .subjects('before')
        .map((line) => line.split(' ')[2])
        .sort(),
    ).toEqual(['order', 'user']);
    expect(copy.pins('dev')['order']?.digest).toBe(digestOf('order', 'second'));
    expect(copy.pins('dev')['user']?.digest).toBe(digestOf('user', 'second'));
  });

  it('by a commit while it renders changes nothing and says so', async () => {
    const run = await start(second, at('mkdtempSync:1', 'git commit --quiet --allow-empty --message theirs'));
    expect([run.code, copy.subjects('before'), copy.git('status', '--porcelain')]).toEqual([5, ['theirs'], '']);
    expect(run.err).toMatch(/^HEAD went from \w{10} to \w{10} while this ran: nothing was changed\. Run it again\.$/m);
  });

  it('by a commit in the very moment keeps both whole, and says how to go on', async () => {
    const theirs = 'echo theirs > theirs.md && git add theirs.md && git commit --quiet --message theirs';
    const run = await start(second, at('renameSync:3', theirs));
    expect(run.code).toBe(5);
    expect(run.err).toMatch(
      /^Somebody committed in the same moment: .* "git reset --keep HEAD\^", and run this again\.$/m,
    );
    expect(copy.git('show', 'HEAD:theirs.md')).toBe('theirs');
    copy.git('reset', '--quiet', '--keep', 'HEAD^');
    expect((await start(second)).code).toBe(0);
    expect(copy.subjects('before')).toEqual([expect.stringMatching(/^release dev: order/), 'theirs']);
  });
});
