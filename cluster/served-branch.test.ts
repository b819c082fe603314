import { afterEach, beforeEach, expect, test } from 'vitest';
import { serveBranch } from './served-branch.ts';
import { commitFiles, git, makeRepository, temporaryFolder } from './testing.ts';

let place: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  place = temporaryFolder();
});
afterEach(() => place.remove());

test('a branch of the wished name is served as it is', async () => {
  const repository = `${place.path}/source`;
  await makeRepository(repository, { a: '1' });
  const served = await serveBranch({ repository, branch: 'main' }, { name: 'main', folder: place.path });
  expect(served.repository).toBe(repository);
});

test('another branch is shown under the wished name, and its next commit when it is told', async () => {
  const repository = `${place.path}/source`;
  const first = await makeRepository(repository, { a: '1' }, 'feature');
  const served = await serveBranch({ repository, branch: 'feature' }, { name: 'main', folder: place.path });
  const shown = async (): Promise<string> => (await git(served.repository, ['rev-parse', 'refs/heads/main'])).trim();
  expect(await shown()).toBe(first);
  const second = await commitFiles(repository, { a: '2' });
  await served.show(second);
  expect(await shown()).toBe(second);
  await git(place.path, ['clone', '--quiet', `file://${served.repository}`, 'clone']);
  expect(await git(`${place.path}/clone`, ['show', 'HEAD:a'])).toBe('2');
});

test('a bare clone and a working tree of another repository are served as well', async () => {
  const source = `${place.path}/source`;
  const commit = await makeRepository(source, { a: '1' }, 'feature');
  await git(place.path, ['clone', '--quiet', '--bare', source, 'bare.git']);
  await git(source, ['worktree', 'add', '--quiet', '-b', 'other', `${place.path}/tree`]);
  for (const [repository, branch] of [
    [`${place.path}/bare.git`, 'feature'],
    [`${place.path}/tree`, 'other'],
  ] as const) {
    const served = await serveBranch({ repository, branch }, { name: 'main', folder: place.path });
    expect((await git(served.repository, ['rev-parse', 'main'])).trim()).toBe(commit);
    expect(await git(served.repository, ['show', 'main:a'])).toBe('1');
  }
});
