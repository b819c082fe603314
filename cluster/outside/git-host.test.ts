import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Outside } from './outside.ts';
import { startOutside } from './outside.ts';
import { askThroughProxy, git, makeRepository, metricsUrl, repositoryUrl } from './testing.ts';

let outside: Outside;
let place: Awaited<ReturnType<typeof makeRepository>>;
let notes: string[];

beforeEach(async () => {
  place = await makeRepository();
  notes = [];
  outside = await startOutside({
    repositoryUrl,
    repositoryPath: place.repository,
    metricsUrl,
    folder: join(place.folder, 'outside'),
    note: (line) => notes.push(line),
  });
});

afterEach(async () => {
  await outside.close();
  rmSync(place.folder, { recursive: true, force: true });
});

const away = (words: string[], cwd = place.folder) => git(words, { cwd, env: outside.environment });
const ask = (url: string, more: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {}) =>
  askThroughProxy({ ...outside, certificate: readFileSync(outside.certificateFile, 'utf8'), url, ...more });

test('Git lists, clones and fetches through the proxy, by the address of the platform contract', async () => {
  expect(await away(['ls-remote', repositoryUrl, 'main'])).toEqual({
    code: 0,
    output: `${place.commit}\trefs/heads/main`,
  });
  expect(await away(['clone', '--quiet', repositoryUrl, 'copy'])).toEqual({ code: 0, output: '' });
  expect(readFileSync(join(place.folder, 'copy/README.md'), 'utf8')).toBe('first\n');

  writeFileSync(join(place.repository, 'README.md'), 'second\n');
  await git(['commit', '--quiet', '--all', '--message=second'], { cwd: place.repository });
  const copy = join(place.folder, 'copy');
  expect(await away(['pull', '--quiet'], copy)).toEqual({ code: 0, output: '' });
  expect(readFileSync(join(copy, 'README.md'), 'utf8')).toBe('second\n');
});

test('the old protocol works too, and a commit can be fetched by its name', async () => {
  await git(['commit', '--quiet', '--allow-empty', '--message=second'], { cwd: place.repository });
  const old = ['-c', 'protocol.version=0'];
  expect(await away([...old, 'init', '--quiet', 'copy'])).toEqual({ code: 0, output: '' });
  const copy = join(place.folder, 'copy');
  expect(await away([...old, 'fetch', '--quiet', '--depth=1', repositoryUrl, place.commit], copy)).toEqual({
    code: 0,
    output: '',
  });
  expect((await away(['rev-parse', 'FETCH_HEAD'], copy)).output).toBe(place.commit);
});

test('a compressed question is understood, as Git sends it when it is long', async () => {
  const want = `0032want ${place.commit}\n00000009done\n`;
  const headers = { 'Content-Type': 'application/x-git-upload-pack-request', 'Content-Encoding': 'gzip' };
  const answer = await ask(`${repositoryUrl}/git-upload-pack`, { method: 'POST', headers, body: gzipSync(want) });
  expect(answer).toEqual({ status: 200, text: expect.stringMatching(/^0008NAK\nPACK/) as string });
});

test('many who ask at once are all served', async () => {
  const asked = await Promise.all(Array.from({ length: 20 }, () => away(['ls-remote', repositoryUrl, 'main'])));
  expect(new Set(asked.map(({ output }) => output))).toEqual(new Set([`${place.commit}\trefs/heads/main`]));
});

test('a push is refused with a sentence, and nothing arrives', async () => {
  await away(['clone', '--quiet', repositoryUrl, 'copy']);
  const copy = join(place.folder, 'copy');
  await away(['commit', '--quiet', '--allow-empty', '--message=own'], copy);
  const pushed = await away(['push', 'origin', 'HEAD:refs/heads/other'], copy);
  expect(pushed.code).not.toBe(0);
  expect(pushed.output).toContain(
    'remote: this address is for reading: push to the repository on this machine instead',
  );
  expect((await git(['branch', '--list'], { cwd: place.repository })).output).toBe('* main');
  expect(notes).toEqual([expect.stringContaining('git-receive-pack')]);
});

test('a push is refused by each way in, and so are files, other paths and other protocols', async () => {
  const statuses = await Promise.all([
    ask(`${repositoryUrl}/git-receive-pack`, { method: 'POST', body: '0000' }),
    ask(`${repositoryUrl}/info/refs?service=git-receive-pack`),
    ask(`${repositoryUrl}/info/refs`),
    ask(`${repositoryUrl}/HEAD`),
    ask(`${repositoryUrl}/../../../etc/passwd`),
    ask(`${repositoryUrl}/%2e%2e/info/refs?service=git-upload-pack`),
    ask('https://git.millrace.example/other/other.git/info/refs?service=git-upload-pack'),
    ask(`${repositoryUrl}/git-upload-pack`),
  ]);
  expect(statuses.map(({ status }) => status)).toEqual([403, 403, 404, 404, 404, 404, 404, 404]);
});

test('a bare clone is served as well', async () => {
  await git(['clone', '--quiet', '--bare', place.repository, 'bare.git'], { cwd: place.folder });
  const other = await startOutside({
    repositoryUrl,
    repositoryPath: join(place.folder, 'bare.git'),
    metricsUrl,
    folder: join(place.folder, 'other'),
  });
  const listed = await git(['ls-remote', repositoryUrl, 'main'], { cwd: place.folder, env: other.environment });
  await other.close();
  expect(listed).toEqual({ code: 0, output: `${place.commit}\trefs/heads/main` });
});

test('a repository that is gone is an error for whoever asks, and a line in the log', async () => {
  rmSync(place.repository, { recursive: true });
  expect(existsSync(place.repository)).toBe(false);
  const listed = await away(['ls-remote', repositoryUrl]);
  expect(listed.code).not.toBe(0);
  expect(listed.output).toContain('not found');
  expect((await ask(`${repositoryUrl}/info/refs?service=git-upload-pack`)).status).toBe(404);
});
