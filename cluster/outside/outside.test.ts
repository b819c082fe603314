import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Outside, OutsideFacts } from './outside.ts';
import { startOutside } from './outside.ts';
import { askThroughProxy, metricsUrl, repositoryUrl } from './testing.ts';

/** Of a process on a busy machine. */
const startMs = 30_000;
let folder: string;
let notes: string[];
const opened: Outside[] = [];
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-outside-'));
  notes = [];
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await Promise.all(opened.splice(0).map((each) => each.close()));
  rmSync(folder, { recursive: true, force: true });
});

async function open(more: { port?: number; controlPort?: number } = {}): Promise<Outside> {
  const outside = await startOutside({
    repositoryUrl,
    repositoryPath: folder,
    metricsUrl,
    folder: join(folder, 'outside'),
    note: (line) => notes.push(line),
    ...more,
  });
  opened.push(outside);
  return outside;
}

const certificateOf = (outside: OutsideFacts): string => readFileSync(outside.certificateFile, 'utf8');

test('a host that is not known is refused with 502 and a line in the log', async () => {
  const outside = await open();
  const answer = await askThroughProxy({
    ...outside,
    certificate: certificateOf(outside),
    url: 'https://api.github.com/',
  });
  const sentence =
    'api.github.com:443 is not part of the local outside world (git.millrace.example, aps-workspaces.eu-north-1.amazonaws.com)';
  expect(answer).toEqual({ status: 502, text: `${sentence}\n` });
  expect(notes).toEqual([`refused: ${sentence}`]);
  const state = (await (await fetch(`${outside.controlUrl}/state`)).json()) as { refusedHosts: unknown };
  expect(state.refusedHosts).toEqual({ 'api.github.com:443': 1 });
});

test('neither another port of a known host nor plain HTTP is a way out', async () => {
  const outside = await open();
  const certificate = certificateOf(outside);
  const other = await askThroughProxy({ ...outside, certificate, url: 'https://git.millrace.example:8443/' });
  expect(other.status).toBe(502);
  expect((await fetch(`${outside.proxyUrl}/`)).status).toBe(502);
});

test('inside the tunnel of one host the other one is not reached', async () => {
  const outside = await open();
  const answer = await askThroughProxy({
    ...outside,
    certificate: certificateOf(outside),
    url: `${metricsUrl}/api/v1/query?query=up`,
    headers: { Host: 'elsewhere.millrace.example' },
  });
  expect(answer.status).toBe(421);
});

test("Node's own fetch finds the hosts by the environment alone", { timeout: 3 * startMs }, async () => {
  const outside = await open();
  const script = `fetch(process.argv[1]).then(async (answer) => console.log(answer.status, await answer.text()))`;
  const words = ['--no-warnings', '-e', script, `${metricsUrl}/api/v1/query?query=up`];
  const env = { ...outside.environment, NODE_USE_ENV_PROXY: '1' };
  const { stdout } = await promisify(execFile)(process.execPath, words, { env, timeout: startMs });
  expect(stdout).toBe('403 {"Message":"Missing Authentication Token"}\n');
});

test('who does not know the certificate is not served', async () => {
  const outside = await open();
  const url = `${metricsUrl}/api/v1/query?query=up`;
  const foreign = (await makeForeign()).certificate;
  await expect(askThroughProxy({ ...outside, certificate: foreign, url })).rejects.toThrow(/self-signed certificate/);
});

async function makeForeign(): Promise<{ certificate: string }> {
  const other = await startOutside({
    repositoryUrl,
    repositoryPath: folder,
    metricsUrl,
    folder: join(folder, 'other'),
    note: () => undefined,
  });
  await other.close();
  return { certificate: certificateOf(other) };
}

test('the certificate is made once, its key is for its owner only, and a broken one is replaced', async () => {
  const first = await open();
  const text = certificateOf(first);
  const key = join(folder, 'outside/key.pem');
  expect(statSync(key).mode & 0o777).toBe(0o600);
  expect(certificateOf(await open())).toBe(text);
  writeFileSync(key, 'not a key');
  expect(certificateOf(await open())).not.toBe(text);
  expect(readFileSync(key, 'utf8')).toContain('PRIVATE KEY');
});

test('an address that is not https, a missing repository and a taken port end the start with one line', async () => {
  const standard = { repositoryUrl, repositoryPath: folder, metricsUrl, folder: join(folder, 'outside') };
  await expect(startOutside({ ...standard, metricsUrl: 'http://x/y' })).rejects.toThrow(
    'the address of the metrics is to be https://<host>/<path>, not "http://x/y"',
  );
  await expect(startOutside({ ...standard, repositoryPath: join(folder, 'none') })).rejects.toThrow('E915 there is no');
  await expect(startOutside({ ...standard, metricsUrl: repositoryUrl })).rejects.toThrow('share a host');
  const port = Number(new URL((await open()).proxyUrl).port);
  await expect(open({ port })).rejects.toThrow(`E914 port ${port} is taken by another process.`);
  await expect(open({ controlPort: port })).rejects.toThrow(`E914 port ${port} is taken by another process.`);
});

const words = (): string[] => [
  join(import.meta.dirname, 'main.ts'),
  ...['--repository-url', repositoryUrl, '--repository-path', folder],
  ...['--metrics-url', metricsUrl, '--folder', join(folder, 'outside')],
];

async function startProcess(more: string[] = []): Promise<{ child: ChildProcess; facts: OutsideFacts }> {
  const child = spawn(process.execPath, [...words(), ...more], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  children.push(child);
  if (child.stdout === null) throw new Error('no output');
  const [line] = (await once(createInterface(child.stdout), 'line', { signal: AbortSignal.timeout(startMs) })) as [
    string,
  ];
  return { child, facts: JSON.parse(line) as OutsideFacts };
}

test('as a process it says when it is ready, writes it down, and a second one on its port serves the same', {
  timeout: 3 * startMs,
}, async () => {
  const { child, facts } = await startProcess(['--metric', 'latency']);
  expect(JSON.parse(readFileSync(join(folder, 'outside/outside.json'), 'utf8'))).toEqual(facts);
  expect((await fetch(`${facts.controlUrl}/healthz`)).status).toBe(200);
  const state = (await (await fetch(`${facts.controlUrl}/state`)).json()) as { metrics: unknown };
  expect(state.metrics).toEqual({ latency: 0 });
  const certificate = certificateOf(facts);
  child.kill('SIGKILL');
  await once(child, 'exit');

  const ports = ['--port', new URL(facts.proxyUrl).port, '--control-port', new URL(facts.controlUrl).port];
  const again = await startProcess(ports);
  expect(again.facts).toEqual(facts);
  const answer = await askThroughProxy({ ...facts, certificate, url: `${metricsUrl}/api/v1/query?query=up` });
  expect(answer.status).toBe(403);
  again.child.kill('SIGTERM');
  expect(await once(again.child, 'exit')).toEqual([0, null]);
});

test('it ends with whoever supervises it', { timeout: 3 * startMs }, async () => {
  const { child } = await startProcess();
  child.disconnect();
  expect(await once(child, 'exit', { signal: AbortSignal.timeout(startMs) })).toEqual([0, null]);
});

test('wrong words end it with code 2 and one line', { timeout: 3 * startMs }, async () => {
  const run = (given: string[]): Promise<{ code?: number; stderr: string }> =>
    promisify(execFile)(process.execPath, [join(import.meta.dirname, 'main.ts'), ...given], { timeout: startMs }).catch(
      (error: unknown) => error as { code: number; stderr: string },
    );
  const see = 'See "node cluster/outside/main.ts --help".';
  expect(await run([])).toMatchObject({ code: 2, stderr: `--repository-url is missing. ${see}\n` });
  expect(await run(['--nothing'])).toMatchObject({ code: 2, stderr: `Unknown option '--nothing'. ${see}\n` });
  const port = await run([...words().slice(1), '--port', '99999']);
  expect(port).toMatchObject({
    code: 2,
    stderr: '--port: "99999" is no port. Write a number up to 65535, 0 for a free one.\n',
  });
  expect(existsSync(join(folder, 'outside'))).toBe(false);
});
