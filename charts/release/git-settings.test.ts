import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ReleaseCopy } from './testing/release-copy.ts';
import { copyForReleases, digestOf, imagesOf } from './testing/release-copy.ts';

const hookMs = 300_000;
const testMs = 180_000;

describe('a release and the settings of Git', { timeout: testMs }, () => {
  let copy: ReleaseCopy;
  const images = { order: digestOf('order', 'second') };
  beforeAll(() => {
    copy = copyForReleases();
    copy.release(imagesOf());
    copy.git('tag', 'before');
  }, hookMs);
  beforeEach(() => {
    for (const name of ['pre-commit', 'commit-msg']) copy.hook(name, '');
    copy.git('checkout', '--quiet', '--force', '-B', 'main', 'before');
  });
  afterAll(() => copy.remove());

  it('hooks run in the working tree, see what is committed, and may add to the message', () => {
    copy.hook('pre-commit', 'test -e catalog/services.ts && git diff --cached --name-only HEAD > .git/seen');
    copy.hook('commit-msg', 'git interpret-trailers --in-place --trailer "Change-Id: I1" "$1"');
    expect(copy.release(images).code).toBe(0);
    const seen = readFileSync(join(copy.root, '.git/seen'), 'utf8').trim();
    expect(seen).toBe(copy.git('diff', '--name-only', 'HEAD^', 'HEAD'));
    expect(copy.git('log', '-1', '--format=%(trailers:key=Change-Id,valueonly)')).toBe('I1');
  });

  it('a hook that refuses is heard, and everything is put back', () => {
    copy.hook('pre-commit', 'echo "not on a Friday" >&2; exit 1');
    const run = copy.release(images);
    expect([run.code, copy.head(), copy.git('status', '--porcelain')]).toEqual([
      5,
      copy.git('rev-parse', 'before'),
      '',
    ]);
    expect(run.err).toMatch(/not on a Friday\ngit commit failed, as said above: nothing was changed\. .*\n$/);
  });

  it('a hook that refuses a promotion to prod leaves no branch', () => {
    copy.promote(['--to', 'staging']);
    copy.hook('pre-commit', 'exit 1');
    const run = copy.promote(['--to', 'prod']);
    expect([run.code, copy.git('branch', '--format=%(refname:short)'), copy.git('status', '--porcelain')]).toEqual([
      5,
      'main',
      '',
    ]);
  });

  it('a hook that rewrites manifests is found out', () => {
    const file = 'manifests/dev/order/service-order-api.yaml';
    copy.hook('pre-commit', `echo "# tidied" >> ${file}; git add ${file}`);
    const run = copy.release(images);
    expect([run.code, run.err]).toEqual([
      5,
      expect.stringMatching(
        /^A hook of Git changed manifests\/dev\/order\/service-order-api\.yaml in \w{10}: leave generated/m,
      ),
    ]);
  });

  it('a commit is signed where that is set', () => {
    const program = join(copy.root, '.git/sign');
    copy.write('.git/sign', '#!/bin/sh\ncat > /dev/null\necho "[GNUPG:] SIG_CREATED " >&2\necho "a signature"\n');
    chmodSync(program, 0o755);
    copy.git('config', 'commit.gpgSign', 'true');
    copy.git('config', 'gpg.program', program);
    const run = copy.release(images);
    copy.git('config', '--unset', 'commit.gpgSign');
    expect([run.code, copy.git('cat-file', '-p', 'HEAD')]).toEqual([0, expect.stringMatching(/^gpgsig a signature$/m)]);
  });

  it('works on a detached HEAD, as CI checks out', () => {
    copy.git('checkout', '--quiet', '--detach');
    const detached = copy.release(images);
    expect([detached.code, detached.out]).toEqual([
      0,
      expect.stringContaining('Next: git push origin HEAD:<branch>\n'),
    ]);
    copy.git('checkout', '--quiet', '--detach', 'before');
    copy.promote(['--to', 'staging', '--pr', '0']);
    const head = copy.head();
    expect(copy.promote(['--to', 'prod']).code).toBe(0);
    expect([copy.head(), copy.git('branch', '--show-current')]).toEqual([head, '']);
  });

  it('a variable that a hook of another repository left does not lead it astray', () => {
    const run = copy.release(images, [], { GIT_DIR: '/nowhere', GIT_INDEX_FILE: '/nowhere/index' });
    expect([run.code, copy.git('status', '--porcelain')]).toEqual([0, '']);
  });
});
