import { afterEach, beforeEach, expect, test } from 'vitest';
import { watchBranch } from './branch-watch.ts';
import { commitFiles, git, makeRepository, temporaryFolder, until } from './testing.ts';

let place: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  place = temporaryFolder();
});
afterEach(() => place.remove());

test('each commit of the branch is told once, and those of other branches are not', async () => {
  await makeRepository(place.path, { a: '1' });
  const told: string[] = [];
  const watch = await watchBranch(
    { repository: place.path, branch: 'main' },
    { onCommit: async (commit) => void told.push(commit), note: () => undefined },
  );
  try {
    const second = await commitFiles(place.path, { a: '2' });
    await until('the second commit', () => told.length === 1);
    await git(place.path, ['checkout', '--quiet', '-b', 'other']);
    await commitFiles(place.path, { a: '3' });
    // Git then keeps the branch in another file; its commit is the same.
    await git(place.path, ['pack-refs', '--all']);
    await git(place.path, ['checkout', '--quiet', 'main']);
    const third = await commitFiles(place.path, { a: '4' });
    await until('the third commit', () => told.length === 2);
    expect(told).toEqual([second, third]);
  } finally {
    watch.stop();
  }
});

test('a push into a bare clone is told, again and again until it was heard', async () => {
  await makeRepository(`${place.path}/tree`, { a: '1' });
  await git(place.path, ['clone', '--quiet', '--bare', 'tree', 'bare.git']);
  const told: string[] = [];
  const notes: string[] = [];
  const onCommit = async (commit: string): Promise<void> => {
    told.push(commit);
    if (told.length < 3) throw new Error('the API server is starting');
  };
  const repository = `${place.path}/bare.git`;
  const watch = await watchBranch({ repository, branch: 'main' }, { onCommit, note: (line) => notes.push(line) });
  try {
    const second = await commitFiles(`${place.path}/tree`, { a: '2' });
    await git(`${place.path}/tree`, ['push', '--quiet', repository, 'main']);
    await until('it was told three times', () => told.length === 3);
    expect(told).toEqual([second, second, second]);
    expect(notes).toEqual(['a push is not told yet, and is tried again: the API server is starting']);
  } finally {
    watch.stop();
  }
});
