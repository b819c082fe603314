import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReleaseCopy } from './testing/release-copy.ts';
import { copyForReleases, digestOf, imagesOf } from './testing/release-copy.ts';

const hookMs = 300_000;
const testMs = 180_000;

describe('OUT=, a deploy repository', { timeout: testMs }, () => {
  let copy: ReleaseCopy;
  let deploy: string;
  const git = (...words: string[]): string =>
    execFileSync('git', ['-C', deploy, ...words], { encoding: 'utf8' }).trim();
  const out = (...words: string[]): string[] => ['--out', deploy, ...words];
  const tree = (environment: string): string[] =>
    [`manifests/${environment}`, `releases/${environment}.json`].map((path) => git('rev-parse', `HEAD:${path}`));
  const ownTree = (environment: string): string[] =>
    [`manifests/${environment}`, `releases/${environment}.json`].map((path) =>
      copy.git('rev-parse', `released-here:${path}`),
    );

  beforeAll(() => {
    copy = copyForReleases();
    deploy = mkdtempSync(join(tmpdir(), 'millrace-deploy-'));
    git('init', '--quiet', '--initial-branch=main');
    git('config', 'user.name', 'Ada');
    git('config', 'user.email', 'ada@millrace.example');
    writeFileSync(join(deploy, '.git/info/exclude'), '*.yaml\n');
    // The same releases as they are made here; the tests make them there.
    copy.release(imagesOf(), ['--revision', 'start']);
    copy.promote(['--to', 'staging']);
    copy.promote(['--to', 'prod', '--pr', '0']);
    copy.git('tag', 'released-here');
    copy.git('reset', '--quiet', '--hard', 'start');
  }, hookMs);
  afterAll(() => {
    copy.remove();
    rmSync(deploy, { recursive: true, force: true });
  });

  it('without a commit is told how to begin', () => {
    const run = copy.release(imagesOf(), out());
    expect([run.code, run.err]).toEqual([
      2,
      expect.stringMatching(/has no commit yet\. Make one: git commit --allow-empty/),
    ]);
    git('commit', '--quiet', '--allow-empty', '--message', 'start');
  });

  it('gets the same bytes as this repository would, dev → staging → prod, and this repository stays as it is', () => {
    const head = copy.head();
    expect(copy.release(imagesOf(), out()).code).toBe(0);
    expect(copy.promote(out('--to', 'staging')).code).toBe(0);
    const prod = copy.promote(out('--to', 'prod'));
    expect([prod.code, copy.head(), copy.git('status', '--porcelain')]).toEqual([0, head, '']);
    const [, branch = ''] = /^branch (.+)$/m.exec(prod.out) ?? [];
    expect(prod.out).toContain(`git -C ${deploy} push --set-upstream origin ${branch}\n`);
    git('merge', '--quiet', '--ff-only', branch);
    expect(
      git('log', '--format=%s', '--reverse')
        .replaceAll(/ at \w+/g, '')
        .split('\n'),
    ).toEqual(['start', 'release dev: 7 services', 'promote staging: 7 services', 'promote prod: 7 services']);
    expect(git('log', '-1', '--format=%(trailers:key=Catalog-Revision,valueonly)')).toBe(head);
    for (const environment of ['dev', 'staging', 'prod']) expect(tree(environment)).toEqual(ownTree(environment));
  });

  it('holds only what is released: a service without an image is left out', () => {
    git('checkout', '--quiet', '-B', 'some', git('rev-list', '--max-parents=0', 'HEAD'));
    const run = copy.release({ order: digestOf('order') }, out());
    expect([run.code, run.err]).toEqual([0, expect.stringContaining('dev: no release yet of analytics, user,')]);
    expect([existsSync(join(deploy, 'manifests/dev/order')), existsSync(join(deploy, 'manifests/dev/user'))]).toEqual([
      true,
      false,
    ]);
    expect(git('status', '--porcelain')).toBe('');
    git('checkout', '--quiet', 'main');
  });

  it('a change of the catalog comes with the next release, and its commit says so', () => {
    copy.edit('catalog/services.ts', (text) => text.replace("size: '0.25 vCPU / 0.5 GB'", "size: '0.25 vCPU / 1 GB'"));
    copy.run('charts/main.ts');
    const catalog = copy.commit('larger');
    const run = copy.release(imagesOf(), out());
    expect([run.code, git('log', '-1', '--format=%s')]).toEqual([0, `release dev: catalog at ${catalog.slice(0, 8)}`]);
    expect(git('diff', '--name-only', 'HEAD^', 'HEAD')).not.toContain('releases/');
  });

  it('git revert there, or REV= of a commit there, goes back', () => {
    const before = git('rev-parse', 'HEAD^{tree}');
    const good = git('rev-parse', 'HEAD');
    copy.release({ order: digestOf('order', 'second') }, out());
    const [bad, badTree] = [git('rev-parse', 'HEAD'), git('rev-parse', 'HEAD^{tree}')];
    git('revert', '--no-edit', 'HEAD');
    expect(git('rev-parse', 'HEAD^{tree}')).toBe(before);
    copy.promote(out('--to', 'dev', '--rev', bad));
    expect(git('rev-parse', 'HEAD^{tree}')).toBe(badTree);
    copy.promote(out('--to', 'dev', '--rev', good));
    expect(git('rev-parse', 'HEAD^{tree}')).toBe(before);
  });

  it('a file there that is not ours stops it', () => {
    writeFileSync(join(deploy, 'manifests/dev/by-hand.yaml'), 'kind: Secret\n');
    git('add', '--force', 'manifests/dev/by-hand.yaml');
    git('commit', '--quiet', '--message', 'by hand');
    const run = copy.release({ order: digestOf('order', 'third') }, out());
    expect([run.code, run.err]).toEqual([5, expect.stringMatching(/by-hand\.yaml: E906 not written by "make synth"/)]);
    expect(git('status', '--porcelain')).toBe('');
  });

  it('a bare clone is refused', () => {
    const bare = mkdtempSync(join(tmpdir(), 'millrace-bare-'));
    execFileSync('git', ['clone', '--quiet', '--bare', deploy, bare]);
    const run = copy.release(imagesOf(), ['--out', bare]);
    rmSync(bare, { recursive: true });
    expect([run.code, run.err]).toEqual([
      2,
      expect.stringMatching(/^OUT: .* is no clone with files \(.*work tree\)\. Clone/),
    ]);
  });
});
