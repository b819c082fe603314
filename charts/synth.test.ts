import { spawn, spawnSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { environmentNames } from '@millrace/catalog/environments.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandFault, environmentLine } from './command-fault.ts';
import { mendFolder } from './manifest-folder.ts';
import { header } from './manifest-text.ts';
import { testRelease } from './testing/releases.ts';
import { lockFolder } from './write-lock.ts';

const main = join(import.meta.dirname, 'main.ts');
const catalogFolder = join(import.meta.dirname, '../catalog');
const interruption = join(import.meta.dirname, 'release/testing/interruption.ts');
const deadlineMs = 60_000;
const testMs = 300_000;
let folder = '';

interface Run {
  code: number | null;
  out: string;
  err: string;
}

/** In a process group of its own, so that all of it can be killed. */
function runWith(variables: Record<string, string>, words: readonly string[]): Promise<Run> {
  const env = { ...process.env, ENV: '', OUT: '', NODE_COMPILE_CACHE: join(folder, 'cache'), ...variables };
  const options = { env, cwd: folder, timeout: deadlineMs, detached: true };
  const child = spawn(process.execPath, [main, ...words], options);
  let out = '';
  let err = '';
  child.stdout.on('data', (part: Buffer) => {
    out += part;
  });
  child.stderr.on('data', (part: Buffer) => {
    err += part;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}
const run = (...words: string[]): Promise<Run> => runWith({}, words);

/** Releases of all environments in a folder of their own. */
function releases(name: string, build: string): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  for (const environment of environmentNames) {
    writeFileSync(join(path, `${environment}.json`), JSON.stringify(testRelease(undefined, build)));
  }
  return path;
}

/** Every file below a folder with its text. */
function contents(path: string): Record<string, string> {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const pairs = entries.map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(pairs.sort().map((file) => [file.slice(path.length + 1), readFileSync(file, 'utf8')]));
}

let first = '';
let second = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'synth-'));
  first = releases('first', 'first');
  second = releases('second', 'second');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('make synth', { timeout: testMs }, () => {
  it('writes every environment, the same bytes wherever it is asked to, and nothing the second time', async () => {
    const out = join(folder, 'a');
    const done = await run('--releases', first, '--out', out);
    expect(done).toMatchObject({ code: 0, err: '' });
    expect(done.out).toMatch(/^dev: 7 services, \d+ objects; \d+ added\nstaging: .*\nprod: 7 services, .*\n$/);
    const written = contents(out);
    expect(Object.keys(written)).toContain('prod/analytics/rollout-analytics-api.yaml');
    for (const text of Object.values(written)) {
      expect(text.startsWith(header)).toBe(true);
      expect(text).not.toContain('\r');
      expect(text.match(/^kind: /gm)?.length).toBe(1);
    }
    await run('--releases', first, '--out', join(folder, 'b'));
    expect(contents(join(folder, 'b'))).toEqual(written);
    expect((await run('--releases', first, '--out', out)).out).toMatch(
      /^(\w+: 7 services, \d+ objects; nothing changed\n){3}$/,
    );
    expect((await run('--releases', first, '--out', out, '--check')).code).toBe(0);
  });

  it('says which services have no release, and renders the rest', async () => {
    const done = await run('--env', 'prod', '--out', join(folder, 'c'));
    expect(done.code).toBe(0);
    expect(done.err).toMatch(
      /^prod: no release yet of analytics, .*: left out\. Write the digests of their images to releases\/prod\.json/,
    );
    expect(readdirSync(join(folder, 'c'))).toEqual(['prod']);
  });

  it('--check names each file that is missing, old or left over, and changes nothing', async () => {
    const out = join(folder, 'd');
    await run('--releases', first, '--env', 'dev', '--out', out);
    rmSync(join(out, 'dev/user/namespace-user.yaml'));
    writeFileSync(join(out, 'dev/user/service-user-api.yaml'), `${header}kind: Service\n`);
    writeFileSync(join(out, 'dev/user/service-gone.yaml'), header);
    const before = contents(out);
    const checked = await run('--releases', first, '--env', 'dev', '--out', out, '--check');
    expect(checked.code).toBe(4);
    expect(checked.err.trim().split('\n')).toEqual([
      'd/dev/user/namespace-user.yaml: E101 is missing. Run "make synth" and commit it.',
      'd/dev/user/service-gone.yaml: E101 is left over. Run "make synth" and commit it.',
      'd/dev/user/service-user-api.yaml: E101 is not current. Run "make synth" and commit it.',
    ]);
    expect(contents(out)).toEqual(before);
    const mended = await run('--releases', first, '--env', 'dev', '--out', out);
    expect(mended.out).toMatch(/1 added, 1 changed, 1 removed\n$/);
    expect((await run('--releases', first, '--env', 'dev', '--out', out, '--check')).code).toBe(0);
  });

  it('removes nothing that it did not write', async () => {
    const out = join(folder, 'e');
    mkdirSync(join(out, 'dev'), { recursive: true });
    writeFileSync(join(out, 'dev/notes.txt'), 'mine\n');
    const done = await run('--env', 'dev', '--out', out);
    expect(done).toMatchObject({ code: 5, out: '' });
    expect(done.err).toContain('e/dev/notes.txt: E906 not written by "make synth"');
    expect(contents(out)).toEqual({ 'dev/notes.txt': 'mine\n' });
  });
});

describe('what is wrong', { timeout: testMs }, () => {
  it('is told all at once, each with its place, and nothing is written', async () => {
    const wrong = join(folder, 'wrong');
    cpSync(first, wrong, { recursive: true });
    writeFileSync(join(wrong, 'dev.json'), '{ "pins": { "shop": {} } }');
    writeFileSync(join(wrong, 'staging.json'), 'not json');
    const platforms = join(folder, 'platforms');
    mkdirSync(platforms);
    for (const name of environmentNames) {
      const text = readFileSync(join(catalogFolder, `platform.${name}.json`), 'utf8');
      writeFileSync(
        join(platforms, `platform.${name}.json`),
        name === 'prod' ? text.replace(/"wafAclArn": "[^"]*",/, '') : text,
      );
    }
    const out = join(folder, 'f');
    const done = await run('--releases', wrong, '--platform', platforms, '--out', out);
    expect(done).toMatchObject({ code: 3, out: '' });
    const lines = done.err.trim().split('\n');
    expect(lines.some((line) => /^releases\/dev\.json .*: E050 /.test(line))).toBe(true);
    expect(lines.some((line) => /^releases\/staging\.json: E050 is not JSON/.test(line))).toBe(true);
    expect(lines.some((line) => /^catalog\/platform\.prod\.json edge\.wafAclArn: E062 /.test(line))).toBe(true);
    expect(done.err).not.toMatch(/\n\s+at /);
    expect(existsSync(out)).toBe(false);
  });

  it.skipIf(!existsSync('/dev/full'))('is an output that cannot be written', () => {
    const full = openSync('/dev/full', 'w');
    const done = spawnSync(process.execPath, [main, '--help'], { stdio: ['ignore', full, 'pipe'], encoding: 'utf8' });
    closeSync(full);
    expect(done.stderr).toMatch(/^E900 the output cannot be written: .*ENOSPC.* Send it elsewhere\.\n$/);
    expect(done.status).toBe(5);
  });

  it('is usage: unknown environments and options', async () => {
    expect(await run('--env', 'dev,production')).toMatchObject({ code: 2, out: '' });
    expect((await run('--env', 'production')).err).toBe(
      'ENV: E060 "production" is no environment. Write dev, staging, prod, or several with commas.\n',
    );
    expect(await run('--frobnicate')).toMatchObject({ code: 2, out: '' });
    const help = await run('--help');
    expect(help).toMatchObject({ code: 0, err: '' });
    expect(help.out).toContain('--check');
  });

  it.each([
    ['a file in the way', 'file', /^E903 .*is no folder\. Give another one with OUT=\.\n$/],
    ['a place below a file', 'file/below', /^E903 /],
    [
      'a place where no folder can be',
      '/proc/nowhere/below',
      /^E901 .*cannot be made\. Give another folder with OUT=\.\n$/,
    ],
  ])('is the machine: %s', async (_, path, message) => {
    writeFileSync(join(folder, 'file'), '');
    const done = await run('--env', 'dev', '--out', resolve(folder, path));
    expect(done).toMatchObject({ code: 5, out: '' });
    expect(done.err).toMatch(message);
    expect(done.err.trim().split('\n').length).toBe(1);
  });

  it('is a full disk: one line, and what was there is as it was', async () => {
    const out = join(folder, 'full');
    await run('--releases', first, '--env', 'dev', '--out', out);
    const before = contents(out);
    const words = [process.execPath, main, '--releases', second, '--env', 'dev', '--out', out];
    // No file may grow beyond a kilobyte: the nearest to a full disk that needs no disk.
    const limited = spawn('bash', ['-c', 'ulimit -f 1; exec "$@"', 'limited', ...words], { timeout: deadlineMs });
    let err = '';
    limited.stderr.on('data', (part: Buffer) => {
      err += part;
    });
    const code = await new Promise((resolve) => limited.on('close', resolve));
    expect({ code, err }).toEqual({
      code: 5,
      err: `E902 ${out} may not grow so large. Raise the limit; what was there is as it was.\n`,
    });
    expect(contents(out)).toEqual(before);
  });

  it.each([
    ['EACCES', 'E901 no right to write /m'],
    ['EROFS', 'E901 /m is on a read-only disk'],
    ['ENOSPC', 'E902 the disk of /m is full'],
  ])('is one line for %s', (code, line) => {
    expect(environmentLine(Object.assign(new Error(code), { code, path: '/m' }))).toContain(line);
  });
});

describe('a run that is not alone, or does not end', { timeout: testMs }, () => {
  it('two at once write one after the other: what is there is whole', async () => {
    const out = join(folder, 'g');
    const both = await Promise.all([run('--releases', first, '--out', out), run('--releases', second, '--out', out)]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const checks = [
      await run('--releases', first, '--out', out, '--check'),
      await run('--releases', second, '--out', out, '--check'),
    ];
    expect(checks.map(({ code }) => code).sort()).toEqual([0, 4]);
    expect(readdirSync(out).sort()).toEqual(['dev', 'prod', 'staging']);
  });

  it('who waits too long is told who writes', async () => {
    const lock = await lockFolder(folder);
    if (lock === 'stopped') throw new Error('nobody stopped it');
    await expect(lockFolder(folder, { waitMs: 100 })).rejects.toThrow(
      new CommandFault(5, `${folder}: E905 process ${process.pid} writes here. Wait until it is done, or end it.`),
    );
    expect(await lockFolder(folder, { isStopped: () => true })).toBe('stopped');
    lock.release();
    expect(await lockFolder(folder, { waitMs: 100 })).not.toBe('stopped');
  });

  it.each([
    ['SIGINT', 'kill -INT $PPID', 130],
    ['SIGKILL', 'kill', null],
  ])('%s in the middle leaves what was there, and the next run is as good as ever', async (signal, action, code) => {
    const out = join(folder, `stopped-${signal}`);
    await run('--releases', first, '--out', out);
    const before = contents(out);
    // Some files of the first environment are written by then.
    const moment = { INTERRUPT_AT: 'writeFileSync:60', INTERRUPT_WITH: action };
    const words = ['--releases', second, '--out', out];
    const stopped = await runWith({ NODE_OPTIONS: `--import ${interruption}`, ...moment }, words);
    const after = Object.fromEntries(Object.entries(contents(out)).filter(([path]) => !path.startsWith('.')));
    expect({ code: stopped.code, after }).toEqual({ code, after: before });
    if (signal === 'SIGINT') expect(stopped.err).toBe('stopped: nothing was changed.\n');
    expect((await run('--releases', second, '--out', out)).code).toBe(0);
    expect(readdirSync(out).sort()).toEqual(['dev', 'prod', 'staging']);
    expect((await run('--releases', second, '--out', out, '--check')).code).toBe(0);
  });

  it('an exchange that was cut between its two renames is undone', () => {
    const out = join(folder, 'h');
    mkdirSync(join(out, '.dev.former'), { recursive: true });
    writeFileSync(join(out, '.dev.former/a.yaml'), 'old');
    mkdirSync(join(out, '.synth-abc/dev'), { recursive: true });
    mkdirSync(join(out, '.prod.former'));
    mkdirSync(join(out, 'prod'));
    mendFolder(out);
    expect(readdirSync(out).sort()).toEqual(['dev', 'prod']);
    expect(contents(out)).toEqual({ 'dev/a.yaml': 'old' });
  });
});
