import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ReleaseCopy } from './testing/release-copy.ts';
import { copyForReleases, digestOf, imagesOf, programs, serviceNames } from './testing/release-copy.ts';

const hookMs = 300_000;
const testMs = 180_000;

describe('make release', { timeout: testMs }, () => {
  let copy: ReleaseCopy;
  beforeAll(() => {
    copy = copyForReleases();
    expect(copy.release(imagesOf()).code).toBe(0);
    copy.git('tag', 'released');
  }, hookMs);
  beforeEach(() => {
    copy.git('checkout', '--quiet', '--force', '-B', 'main', 'released');
    copy.git('clean', '--quiet', '--force', '-d');
  });
  afterAll(() => copy.remove());

  it('the first one takes the examples away, in one commit of pins and manifests and of nothing else', () => {
    expect(copy.subjects('start')).toEqual([expect.stringMatching(/^release dev: 7 services at [0-9a-f]{8}$/)]);
    const changed = copy.git('diff', '--name-only', 'start', 'HEAD').split('\n');
    expect(changed.filter((path) => !/^(releases\/dev\.json|manifests\/dev\/.+)$/.test(path))).toEqual([]);
    const file = JSON.parse(readFileSync(join(copy.root, 'releases/dev.json'), 'utf8'));
    const revision = copy.git('rev-parse', 'start');
    const pins = serviceNames.map((name) => [name, { digest: digestOf(name), revision }]);
    expect(file).toEqual({ pins: Object.fromEntries(pins) });
    expect(copy.run('charts/main.ts', ['--check']).code).toBe(0);
    expect(copy.git('status', '--porcelain')).toBe('');
  });

  it('a service that is not named, or whose image is the same, keeps its pin and its manifests', () => {
    const before = copy.pins('dev');
    const run = copy.release({ order: digestOf('order', 'second'), user: digestOf('user') });
    expect(run.code).toBe(0);
    const base = copy.git('rev-parse', 'released');
    expect(copy.pins('dev')).toEqual({ ...before, order: { digest: digestOf('order', 'second'), revision: base } });
    const folders = copy.git('diff', '--name-only', 'HEAD^', 'HEAD').split('\n');
    expect(folders.filter((path) => !/^(releases\/dev\.json|manifests\/dev\/order\/.+)$/.test(path))).toEqual([]);
    expect(run.out).toMatch(/^release dev: order [0-9a-f]{8}\n {2}order {2}image \w{12} → \w{12}, source /m);
    expect(run.out).toMatch(new RegExp(`^Next: git push\ncommit ${copy.head()}\n$`, 'm'));
  });

  it('its commit says who, what, from where, and how to go back', () => {
    const [base, before] = [copy.head(), copy.pins('dev')['order']];
    copy.release({ order: digestOf('order', 'second') }, [], {
      GIT_AUTHOR_NAME: 'Grace',
      GIT_AUTHOR_EMAIL: 'g@x.example',
    });
    expect(copy.git('log', '-1', '--format=%an <%ae>%n%B')).toBe(
      [
        'Grace <g@x.example>',
        `release dev: order ${base.slice(0, 8)}`,
        '',
        'order',
        `  image  ${before?.digest} → ${digestOf('order', 'second')}`,
        `  source ${before?.revision} → ${base}`,
        '',
        `To go back: git revert of this commit, or make promote TO=dev REV=${base}.`,
        '',
        'Released-Environment: dev',
        'Released-Service: order',
        `Source-Revision: ${base}`,
        `Catalog-Revision: ${base}`,
      ].join('\n'),
    );
    expect(copy.git('log', '-1', '--format=%(trailers:key=Released-Service,valueonly)')).toBe('order');
  });

  it('git revert of it brings every byte back', () => {
    copy.release({ order: digestOf('order', 'second') });
    copy.git('revert', '--no-edit', 'HEAD');
    expect(copy.git('rev-parse', 'HEAD^{tree}')).toBe(copy.git('rev-parse', 'released^{tree}'));
    expect(copy.run('charts/main.ts', ['--check']).code).toBe(0);
  });

  it('again is nothing to release, exit code 0 and no commit', () => {
    const run = copy.release(imagesOf());
    expect([run.code, run.out]).toEqual([0, 'nothing to release: dev has these images already.\n']);
    expect(copy.head()).toBe(copy.git('rev-parse', 'released'));
  });

  it('DRY=1 says the same and writes nothing', () => {
    const run = copy.release({ order: digestOf('order', 'second') }, ['--dry']);
    expect([run.code, run.out]).toEqual([
      0,
      expect.stringMatching(/^release dev: order .*\nDRY=1: nothing was written\.\n$/s),
    ]);
    expect([copy.head(), copy.git('status', '--porcelain')]).toEqual([copy.git('rev-parse', 'released'), '']);
  });

  it('takes images from standard input and the revision that they were built from', () => {
    copy.git('commit', '--quiet', '--allow-empty', '--message', 'later');
    const path = copy.imagesFile({ order: digestOf('order', 'second') });
    const command = `node ${programs.release} --env dev --images - --revision released --check 0 < ${path}`;
    copy.git('-c', `alias.piped=!${command}`, 'piped');
    expect(copy.pins('dev')['order']?.revision).toBe(copy.git('rev-parse', 'released'));
  });

  it('leaves alone what else is changed, staged or new in the tree', () => {
    copy.edit('package.json', (text) => `${text}\n`);
    copy.write('docs/staged.md', 'staged\n');
    copy.git('add', 'docs/staged.md');
    copy.write('docs/new.md', 'new\n');
    copy.write('docs/staged.md', 'staged and changed\n');
    const before = copy.git('status', '--porcelain');
    expect(copy.release({ order: digestOf('order', 'second') }).code).toBe(0);
    expect(copy.git('status', '--porcelain')).toBe(before);
    expect(copy.git('show', ':docs/staged.md')).toBe('staged');
    expect(copy.git('diff', '--name-only', 'HEAD^', 'HEAD')).not.toMatch(/docs|package/);
  });

  it('images that are older than those that run are refused: CI may finish builds in another order', () => {
    copy.git('commit', '--quiet', '--allow-empty', '--message', 'newer');
    expect(copy.release({ order: digestOf('order', 'newer') }).code).toBe(0);
    const head = copy.head();
    const late = copy.release({ order: digestOf('order', 'late') }, ['--revision', 'start']);
    expect([late.code, late.out, copy.head()]).toEqual([4, '', head]);
    expect(late.err).toMatch(
      /^dev runs order from \w{8}, which is newer: nothing was changed\. .*TO=dev REV=<commit>\.\n$/,
    );
  });
});
