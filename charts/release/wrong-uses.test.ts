import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ReleaseCopy } from './testing/release-copy.ts';
import { copyForReleases, digestOf, imagesOf } from './testing/release-copy.ts';

const digest = digestOf('order');

const hookMs = 300_000;
const testMs = 180_000;

describe('make release and make promote, told something wrong', { timeout: testMs }, () => {
  let copy: ReleaseCopy;
  beforeAll(() => {
    copy = copyForReleases();
  }, hookMs);
  beforeEach(() => {
    copy.git('checkout', '--quiet', '--force', '-B', 'main', 'start');
    copy.git('clean', '--quiet', '--force', '-d');
  });
  afterAll(() => copy.remove());

  const unchanged = (): void => expect(copy.head()).toBe(copy.git('rev-parse', 'start'));

  it.each([
    ['no JSON', 'order=1', [], /: is not JSON \(.*\)\. Write \{"order": "sha256:…"\}\.$/],
    ['a list', '["order"]', [], /: is no object\. Write \{"order"/],
    ['nothing', {}, [], /: names no service\. /],
    ['a service that there is not', { ordr: digest }, [], /: there is no service "ordr"\. Did you mean order\?$/],
    ['a tag', { order: 'v1.2' }, [], /: the image of order is no digest\. Write sha256: and the 64 hex digits/],
    [
      'a whole image',
      { order: `docker.io/order@${digest}` },
      [],
      /Write sha256:[0-9a-f]{64} alone: a tag could move\.$/,
    ],
    ['a number', { order: 1 }, [], /: the image of order is no digest\./],
    [
      'only some services at first',
      { order: digest },
      [],
      /first release names every service\. Add analytics, .* to IMAGES\.$/,
    ],
    [
      'a later environment',
      imagesOf(),
      ['--env', 'prod'],
      /^ENV: new images come to dev alone.*"make promote TO=prod"\.$/,
    ],
    ['no environment', imagesOf(), ['--env', 'test'], /^ENV: there is no environment "test"\. Write one of dev, /],
    [
      'an unknown revision',
      imagesOf(),
      ['--revision', 'nowhere'],
      /^REVISION: there is no commit "nowhere" in .*git fetch"\.$/,
    ],
    ['a revision like an option', imagesOf(), ['--revision=--all'], /^REVISION: there is no commit "--all"/],
    ['an unknown option', imagesOf(), ['--force'], /^There is no option "--force"\. See --help\.$/],
    [
      'a choice that is none',
      imagesOf(),
      ['--check', 'no'],
      /^CHECK=no is not understood: write CHECK=1 or CHECK=0\.$/,
    ],
    ['no such clone', imagesOf(), ['--out', 'nowhere'], /^OUT: there is no folder nowhere\. Clone/],
    [
      'a folder of this repository',
      imagesOf(),
      ['--out', 'manifests'],
      /^manifests lies inside the repository .*top folder of a clone\.$/,
    ],
    [
      'a folder without Git',
      imagesOf(),
      ['--out', '/'],
      /^OUT: \/ is no clone with files \(not a git repository.*\)\. Clone/,
    ],
  ])('make release with %s is one line that says what to do, exit code 2', (_, images, words, line) => {
    const run = copy.release(images, words);
    expect([run.code, run.out]).toEqual([2, '']);
    expect(run.err.trimEnd()).toMatch(line);
    expect(run.err.trimEnd()).not.toContain('\n');
    unchanged();
  });

  it('every fault of IMAGES is told at once', () => {
    const run = copy.release({ ordr: digest, user: 'latest' });
    expect([run.code, run.err.split('\n').length]).toEqual([2, 3]);
  });

  it.each([
    ['no target', [], 2, /^TO is missing\. Write TO= and one of dev, staging, prod\.$/],
    ['a target that comes first', ['--to', 'dev'], 2, /^TO: nothing comes before dev\. Use "make release", or REV=/],
    [
      'a step over one',
      ['--from', 'dev', '--to', 'prod'],
      2,
      /^From dev to prod leaves staging out.*TO=staging, then make promote TO=prod\.$/,
    ],
    [
      'a step back',
      ['--from', 'prod', '--to', 'staging'],
      2,
      /^From prod to staging is no promotion\. .*TO=staging REV=<commit>\.$/,
    ],
    ['itself', ['--from', 'staging', '--to', 'staging'], 2, /^From staging to staging is no promotion\./],
    ['both ways', ['--from', 'dev', '--to', 'staging', '--rev', 'HEAD'], 2, /^FROM= and REV= exclude each other/],
    [
      'a service that there is not',
      ['--to', 'staging', '--service', 'order,usr'],
      2,
      /^SERVICE: there is no service "usr"\. Did you mean user\?$/,
    ],
    ['a commit that there is not', ['--to', 'prod', '--rev', 'nowhere'], 2, /^REV: there is no commit "nowhere"/],
    [
      'a commit without a release',
      ['--to', 'prod', '--rev', 'HEAD'],
      2,
      /^prod at \w{10} has no release: there is nothing to copy\.$/,
    ],
    [
      'a choice that is none',
      ['--to', 'staging', '--pr', 'yes'],
      2,
      /^PR=yes is not understood: write PR=1 or PR=0\.$/,
    ],
    [
      'examples for prod',
      ['--to', 'prod'],
      3,
      /^staging: E052 its digests are examples, and prod takes none\. Release first\.$/,
    ],
  ])('make promote with %s is one line that says what to do', (_, words, code, line) => {
    const run = copy.promote(words);
    expect([run.code, run.out]).toEqual([code, '']);
    expect(run.err.trimEnd()).toMatch(line);
    expect(run.err.trimEnd()).not.toContain('\n');
    unchanged();
  });

  it.each([
    ['releases/dev.json', /releases\/dev\.json: changed and not committed\. /],
    ['catalog/services.ts', /^catalog\/services\.ts: not committed\. .* commit this first, or "git stash" it\.\n$/],
    [
      'manifests/dev/order/service-order-api.yaml',
      /^dev: rendering\nmanifests\/dev\/order\/service-order-api\.yaml: changed and not committed\. Commit it, or take it back: git restore --staged --worktree releases\/dev\.json manifests\/dev && git clean --force -d manifests\/dev\n$/,
    ],
  ])('a change of %s that is not committed is named, exit code 2, and stays', (path, line) => {
    copy.edit(path, (text) => `${text}\n`);
    const run = copy.release(imagesOf());
    expect([run.code, run.out]).toEqual([2, '']);
    expect(run.err).toMatch(line);
    expect(copy.git('status', '--porcelain')).toBe(`M ${path}`);
    unchanged();
  });

  it('a catalog that does not render is told with its faults, exit code 3', () => {
    copy.edit('catalog/platform.dev.json', (text) => text.replace('"account": "111122223333"', '"account": "1"'));
    copy.commit('broken');
    const run = copy.release(imagesOf());
    expect([run.code, run.out, copy.git('status', '--porcelain')]).toEqual([3, '', '']);
    expect(run.err).toMatch(/^dev: rendering\ncatalog\/platform\.dev\.json account: E/);
  });

  it('a merge under way is to be ended first, exit code 2', () => {
    copy.write('.git/MERGE_HEAD', `${copy.head()}\n`);
    const run = copy.release(imagesOf());
    copy.git('merge', '--quit');
    expect([run.code, run.err]).toEqual([
      2,
      expect.stringMatching(/^A merge is under way in .*: "git status" says how\.\n$/),
    ]);
  });

  it('a Git that does not know who releases says how to tell it, exit code 5', () => {
    const run = copy.release(imagesOf(), [], { GIT_AUTHOR_NAME: '' });
    expect([run.code, run.err]).toEqual([
      5,
      expect.stringMatching(/^Git does not know who releases\. .*user\.email .*\n$/),
    ]);
    unchanged();
  });

  it('two that --help explains', () => {
    expect(copy.release(imagesOf(), ['--help']).out).toMatch(/^Usage: make release ENV=dev IMAGES=/);
    expect(copy.promote(['--help']).out).toMatch(/^Usage: make promote TO=staging /);
  });
});
