import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ReleaseCopy } from './testing/release-copy.ts';
import { copyForReleases, digestOf, imagesOf } from './testing/release-copy.ts';

/** A copy with releases is several runs of the commands, each of some seconds on a busy machine. */
const hookMs = 300_000;
const testMs = 180_000;

describe('make promote', { timeout: testMs }, () => {
  let copy: ReleaseCopy;
  const branches = (): string[] => copy.git('branch', '--format=%(refname:short)').split('\n');
  const merged = (branch: string): void => {
    copy.git('merge', '--quiet', '--ff-only', branch);
    copy.git('branch', '--delete', branch);
  };
  const branchIn = (out: string): string => /^branch (.+)$/m.exec(out)?.[1] ?? '';
  const touched = (range: string): string[] =>
    [...new Set(copy.git('diff', '--name-only', ...range.split('..')).split('\n'))].map((path) =>
      path.replace(/^(manifests\/\w+)\/.*/, '$1'),
    );

  beforeAll(() => {
    copy = copyForReleases();
    expect(copy.release(imagesOf()).code).toBe(0);
    copy.git('tag', 'released');
    expect(copy.promote(['--to', 'staging']).code).toBe(0);
    copy.git('tag', 'in-staging');
    const prod = copy.promote(['--to', 'prod']);
    expect([prod.code, prod.err]).toEqual([0, expect.stringContaining('prod: rendering')]);
    merged(branchIn(prod.out));
    copy.git('tag', 'in-prod');
    copy.release({ order: digestOf('order', 'second'), user: digestOf('user', 'second') });
    copy.git('tag', 'newer');
    copy.promote(['--to', 'staging', '--service', 'order']);
    copy.git('tag', 'order-in-staging');
  }, hookMs);
  const startAt = (tag: string): string => copy.git('checkout', '--quiet', '--force', '-B', 'main', tag);
  beforeEach(() => {
    startAt('in-prod');
    for (const branch of branches().filter((name) => name !== 'main')) copy.git('branch', '-D', branch);
  });
  afterAll(() => copy.remove());

  it('the same digests arrive in staging and in prod, and nothing else changes', () => {
    expect(copy.pins('staging')).toEqual(copy.pins('dev', 'released'));
    expect(copy.pins('prod')).toEqual(copy.pins('dev', 'released'));
    expect(new Set(touched('released..in-staging'))).toEqual(new Set(['manifests/staging', 'releases/staging.json']));
    expect(new Set(touched('in-staging..in-prod'))).toEqual(new Set(['manifests/prod', 'releases/prod.json']));
    expect(copy.subjects('start').map((line) => line.replace(/ at .*/, ''))).toEqual([
      'promote prod: 7 services',
      'promote staging: 7 services',
      'release dev: 7 services',
    ]);
    expect(copy.git('log', '-1', '--format=%(trailers:key=Promoted-From,valueonly)')).toBe('staging');
    expect(copy.run('charts/main.ts', ['--check']).code).toBe(0);
  });

  it('one service goes alone, and FROM= may say where from', () => {
    startAt('newer');
    const run = copy.promote([], { FROM: 'dev', TO: 'staging', SERVICE: 'order' });
    expect(run.code).toBe(0);
    expect(run.out).toMatch(/^promote staging: order \w{8}$/m);
    expect(copy.pins('staging')['order']).toEqual(copy.pins('dev')['order']);
    expect(copy.pins('staging')['user']).toEqual(copy.pins('prod')['user']);
    expect(copy.git('diff', '--name-only', 'HEAD^', 'HEAD')).not.toMatch(/staging\/user/);
  });

  it('says what make diff says of it, and the next step', () => {
    startAt('newer');
    const before = copy.git('rev-parse', '--short=10', 'HEAD');
    const { out } = copy.promote(['--to', 'staging']);
    const [headline = ''] = /^\w{10} → the new commit: .*$/m.exec(out) ?? [];
    const diff = copy.run('charts/diff/main.ts', ['--from', 'HEAD^', '--to', 'HEAD']).out.split('\n')[1];
    expect(headline).toBe(`${before} → the new commit: ${diff}`);
    expect(out).toMatch(/^PODS THAT RESTART\n {2}↻ Deployment order\/order-api: /m);
    expect(out).toMatch(
      new RegExp(`^Field by field: make diff FROM=${before} TO=\\w{10}\n\nNext: git push\ncommit `, 'm'),
    );
  });

  it('to prod goes by a pull request: a branch with the commit, its text, and HEAD where it was', () => {
    startAt('order-in-staging');
    const head = copy.head();
    const { code, out } = copy.promote(['--to', 'prod']);
    const branch = branchIn(out);
    expect([code, branch]).toEqual([0, expect.stringMatching(/^release\/prod-\d{4}-\d\d-\d\d-[0-9a-f]{8}$/)]);
    expect([copy.head(), copy.git('branch', '--show-current'), copy.git('status', '--porcelain')]).toEqual([
      head,
      'main',
      '',
    ]);
    expect(copy.git('rev-parse', `${branch}^`)).toBe(head);
    expect(copy.pins('prod', branch)['order']).toEqual(copy.pins('staging')['order']);
    const [, body = ''] = /^body (.+)$/m.exec(out) ?? [];
    const diff = copy.run('charts/diff/main.ts', ['--from', 'main', '--to', branch, '--format', 'markdown']).out;
    const text = readFileSync(body, 'utf8');
    expect(text.split('\n')[0]).toBe(`## ${copy.git('rev-parse', '--short=10', 'main')} → ${branch}`);
    // The names of both sides are in the notes.
    const part = (whole: string): string => /### prod\n(.*?)\*\*Notes/s.exec(whole)?.[1] ?? 'no such part';
    expect(part(text)).toBe(part(diff));
    expect(out).toContain(`  git push --set-upstream origin ${branch}\n`);
    expect(out).toMatch(
      new RegExp(`^ {2}gh pr create --head ${branch} --title 'promote prod: order \\w{8}' --body-file ${body}$`, 'm'),
    );
    const again = copy.promote(['--to', 'prod']);
    expect([again.code, again.err]).toEqual([
      2,
      expect.stringMatching(/There is a branch release\/prod-.* already.*--force release\/prod-/),
    ]);
  });

  it('PR=0 commits to prod here, PR=1 makes a branch for staging, BODY= says where the text goes', () => {
    startAt('newer');
    const body = join(copy.root, '.git/text.md');
    const staging = branchIn(copy.promote(['--to', 'staging'], { PR: '1', BODY: body }).out);
    expect(existsSync(body)).toBe(true);
    merged(staging);
    const prod = copy.promote(['--to', 'prod', '--pr', '0']);
    expect([prod.code, branches()]).toEqual([0, ['main']]);
    expect(copy.pins('prod')).toEqual(copy.pins('dev'));
  });

  it('again is nothing to promote', () => {
    const run = copy.promote(['--to', 'prod']);
    expect([run.code, run.out, branches()]).toEqual([
      0,
      'nothing to promote: prod has these pins already.\n',
      ['main'],
    ]);
  });

  it('DRY=1 says the same and leaves no branch', () => {
    startAt('order-in-staging');
    const run = copy.promote(['--to', 'prod', '--dry']);
    expect([run.code, branches()]).toEqual([0, ['main']]);
    expect(run.out).toMatch(/^promote prod: order .*DRY=1: nothing was written\.\n$/s);
  });

  it('examples go to staging with a warning, and never over images', () => {
    copy.git('checkout', '--quiet', '-B', 'main', 'start');
    copy.edit('releases/dev.json', (text) => text.replace(/sha256:\w{64}/, digestOf('analytics', 'example')));
    copy.run('charts/main.ts');
    copy.commit('another example');
    const run = copy.promote(['--to', 'staging']);
    expect([run.code, run.err]).toEqual([
      0,
      expect.stringContaining('The digests of dev are examples: no such image exists.'),
    ]);
    expect(JSON.parse(copy.git('show', 'HEAD:releases/staging.json')).example).toBe(true);
    copy.git('checkout', '--quiet', 'in-staging', '--', 'releases/staging.json', 'manifests/staging');
    copy.commit('staging runs images');
    const over = copy.promote(['--to', 'staging']);
    expect([over.code, over.err]).toEqual([
      3,
      'The digests of dev are examples, and staging runs images. Release first.\n',
    ]);
  });
});

describe('make promote TO= REV=', { timeout: testMs }, () => {
  let copy: ReleaseCopy;
  beforeAll(() => {
    copy = copyForReleases();
    copy.release(imagesOf());
    copy.git('tag', 'first');
    copy.release({ order: digestOf('order', 'second'), user: digestOf('user', 'second') });
    copy.git('tag', 'second');
  }, hookMs);
  beforeEach(() => copy.git('checkout', '--quiet', '--force', '-B', 'main', 'second'));
  afterAll(() => copy.remove());

  it('brings back the pins and the bytes of that commit, in a commit that says so', () => {
    const run = copy.promote(['--to', 'dev', '--rev', 'first']);
    expect([run.code, copy.subjects('second')]).toEqual([
      0,
      [expect.stringMatching(/^rollback dev: order \w{8}, user \w{8}$/)],
    ]);
    expect(copy.git('rev-parse', 'HEAD^{tree}')).toBe(copy.git('rev-parse', 'first^{tree}'));
    const trailer = copy.git('log', '-1', '--format=%(trailers:key=Rolled-Back-To,valueonly)');
    expect(trailer).toBe(copy.git('rev-parse', 'first'));
  });

  it('of one service leaves the others', () => {
    copy.promote(['--to', 'dev', '--rev', 'first', '--service', 'user']);
    expect(copy.pins('dev')['user']).toEqual(copy.pins('dev', 'first')['user']);
    expect(copy.pins('dev')['order']).toEqual(copy.pins('dev', 'second')['order']);
  });

  it('renders with the catalog of today, not of then', () => {
    copy.edit('catalog/services.ts', (text) => text.replace("size: '0.25 vCPU / 0.5 GB'", "size: '0.25 vCPU / 1 GB'"));
    copy.run('charts/main.ts');
    copy.commit('larger');
    expect(copy.promote(['--to', 'dev', '--rev', 'first']).code).toBe(0);
    expect(copy.run('charts/main.ts', ['--check']).code).toBe(0);
    expect(copy.git('diff', '--name-only', 'first', 'HEAD', '--', 'manifests/dev')).not.toBe('');
  });

  it('a service that came later stays, and one that the catalog has no more is left out; both are said', () => {
    copy.edit('releases/dev.json', (text) => {
      const file = JSON.parse(text);
      const { order, user: _, ...rest } = file.pins;
      return `${JSON.stringify({ pins: { ...rest, order, loyalty: order } }, null, 2)}\n`;
    });
    const odd = copy.commit('odd');
    copy.git('revert', '--no-edit', 'HEAD');
    const run = copy.promote(['--to', 'dev', '--rev', odd]);
    expect(run.out).toBe('nothing to roll back: dev has these pins already.\n');
    const short = odd.slice(0, 10);
    expect(run.err).toContain(`dev at ${short} has no release of user: dev keeps its pin.\n`);
    expect(run.err).toContain(`dev at ${short} had loyalty, which the catalog has no more: left out.\n`);
  });
});
