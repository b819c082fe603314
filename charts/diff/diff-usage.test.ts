import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RepositoryCopy, Run } from './testing/repository-copy.ts';
import { copyRepository } from './testing/repository-copy.ts';

const hookMs = 300_000;
const testMs = 180_000;

describe('make diff, told something wrong', { timeout: testMs }, () => {
  let copy: RepositoryCopy;
  const diff = (words: string[]): Run => copy.run('charts/diff/main.ts', words);
  const branch = (name: string, change: () => void): void => {
    copy.git('checkout', '--quiet', '-B', name, 'start');
    change();
    copy.commit(name);
  };

  beforeAll(() => {
    copy = copyRepository();
    expect(copy.run('charts/main.ts').code).toBe(0);
    copy.commit('start');
    copy.git('tag', 'start');
  }, hookMs);
  afterAll(() => copy.remove());

  it.each([
    [['--from', 'nowhere'], /^There is no ref or environment "nowhere"\. Known are .*main.*\n$/, 2],
    [['--from', '--output=x'], /^--from needs a value\.\n$/, 2],
    [['--from=--output=x'], /^There is no ref or environment "--output=x"\. .*\n$/, 2],
    [['--from', 'dev'], /^"dev" is an environment: compare two of .*refs\/heads\/dev\.\n$/, 2],
    [['--from', 'start', '--to', 'prod'], /^"start" is not an environment, and "prod" is one: .*\n$/, 2],
    [['--from', 'dev', '--to', 'foo'], /^"foo" is not an environment, and "dev" is one: compare two of .*\n$/, 2],
    [['--nonsense'], /^There is no option "--nonsense"\. See --help\.\n$/, 2],
    [['--from', 'start', '--format', 'html'], /^There is no format "html"\. Write one of text, markdown, json\.\n$/, 2],
  ])('wrong usage is one line that says what to do: %j', (words, line, code) => {
    const run = diff(words);
    expect([run.code, run.out]).toEqual([code, '']);
    expect(run.err).toMatch(line);
  });

  it('compares HEAD with the working tree where nothing is said', () => {
    const clean = diff([]);
    expect([clean.code, clean.err]).toEqual([0, '']);
    expect(clean.out).toMatch(/^HEAD \(\w{10}\) → working tree\nnothing changes\n/);
    const file = 'manifests/dev/order/service-order-api.yaml';
    branch('older', () => copy.git('rm', '--quiet', file));
    expect(diff([]).out).toMatch(/^HEAD \(\w{10}\) → working tree\n.*1 added/);
    expect(diff(['--to', 'start']).out).toMatch(/^HEAD \(\w{10}\) → start \(\w{10}\)\n.*1 added/);
    copy.git('checkout', '--quiet', 'main');
  });

  it('a ref without manifests, or with one that is no YAML, is named', () => {
    branch('bare', () => copy.git('rm', '-r', '--quiet', 'manifests'));
    branch('torn', () => copy.edit('manifests/dev/order/service-order-api.yaml', (text) => `${text}\n}: [`));
    copy.git('checkout', '--quiet', 'main');
    const bare = diff(['--from', 'bare', '--to', 'start']);
    expect([bare.code, bare.err]).toEqual([
      2,
      expect.stringMatching(/^bare \(\w+\) has no manifests\/: .* Choose a later ref\.\n$/),
    ]);
    const torn = diff(['--from', 'start', '--to', 'torn']);
    expect(torn.code).toBe(3);
    expect(torn.err).toMatch(/^torn \(\w+\): manifests\/dev\/order\/service-order-api\.yaml:\d+: not YAML/);
  });

  it.each([
    [
      'terraform/environments/dev/catalog.auto.tfvars.json',
      '{ "catalog": ',
      /^wrong \(\w+\): terraform\/environments\/dev\/catalog\.auto\.tfvars\.json is not JSON: .*\.\n$/,
    ],
    ['releases/dev.json', '{ "pins": ', /^wrong \(\w+\): releases\/dev\.json is not JSON: .*\.\n$/],
    [
      'releases/dev.json',
      '{ "pins": { "order": { "digest": "latest" } } }',
      /^wrong \(\w+\): releases\/dev\.json pins\.order\.digest: E050 .*sha256:.*\n.* pins\.order\.revision: E050 .*\n$/,
    ],
    ['releases/dev.json', '[]', /^wrong \(\w+\): releases\/dev\.json: E050 is an array\. Write an object\.\n$/],
  ])('a ref whose %s is %s is named with the place, exit code 3', (path, text, line) => {
    branch('wrong', () => copy.write(path, text));
    copy.git('checkout', '--quiet', 'main');
    const run = diff(['--from', 'wrong', '--to', 'start']);
    expect([run.code, run.out]).toEqual([3, '']);
    expect(run.err).toMatch(line);
  });

  it('a shallow clone and a folder without Git say what to do, exit code 5', () => {
    const clone = mkdtempSync(join(tmpdir(), 'millrace-shallow-'));
    copy.commit('second');
    execFileSync('git', ['clone', '--quiet', '--depth', '1', `file://${copy.root}`, clone], { stdio: 'ignore' });
    const shallow = copyRepository({ withGit: false });
    execFileSync('cp', ['-r', join(clone, '.git'), shallow.root]);
    const early = shallow.run('charts/diff/main.ts', ['--from', 'HEAD~1']);
    expect([early.code, early.err]).toEqual([
      5,
      expect.stringContaining('this clone is shallow. Run "git fetch --unshallow"'),
    ]);
    shallow.remove();
    const bare = copyRepository({ withGit: false });
    const without = bare.run('charts/diff/main.ts', ['--from', 'main']);
    expect([without.code, without.err]).toEqual([
      5,
      expect.stringMatching(/^This folder is not a Git repository.*\n$/),
    ]);
    expect(bare.run('charts/diff/main.ts', ['--from', 'dev', '--to', 'staging']).code).toBe(0);
    bare.remove();
    rmSync(clone, { recursive: true });
  });
});
