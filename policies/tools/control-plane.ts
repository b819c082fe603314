import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EnvironmentFault } from '../environment-fault.ts';

/** What an API server answered: the status, its object, and the warnings of admission. */
export interface Reply {
  status: number;
  body: Record<string, unknown>;
  warnings: string[];
}

/** A real API server with its store on this machine, for as long as a command runs. */
export interface ControlPlane {
  ask(method: string, path: string, options?: AskOptions): Promise<Reply>;
  /** Asks until the answer is as wished, or throws after 30 seconds. */
  waitFor(path: string, isWished: (reply: Reply) => boolean): Promise<Reply>;
  stop(): Promise<void>;
}

export interface AskOptions {
  body?: unknown;
  /** On whose behalf; an administrator's rights are added, so that only admission decides. */
  user?: { username: string; groups?: string[] } | undefined;
}

const startDeadlineMs = 60_000;
const waitDeadlineMs = 30_000;
const pollMs = 100;
const askDeadlineMs = 30_000;
const stopDeadlineMs = 10_000;
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Starts both programs on free ports of 127.0.0.1; everything they write lies in a folder that `stop` removes. */
export async function startControlPlane(programs: { etcd: string; apiServer: string }): Promise<ControlPlane> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-control-plane-'));
  const [client, peer, port] = [await freePort(), await freePort(), await freePort()];
  const token = randomUUID();
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(join(folder, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  writeFileSync(join(folder, 'key.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  writeFileSync(join(folder, 'tokens.csv'), `${token},admin,admin,system:masters\n`, { mode: 0o600 });
  const url = (of: number): string => `http://127.0.0.1:${of}`;
  const children = [
    start(programs.etcd, folder, [
      `--data-dir=${join(folder, 'etcd')}`,
      `--listen-client-urls=${url(client)}`,
      `--advertise-client-urls=${url(client)}`,
      `--listen-peer-urls=${url(peer)}`,
      `--initial-advertise-peer-urls=${url(peer)}`,
      `--initial-cluster=default=${url(peer)}`,
      '--unsafe-no-fsync',
    ]),
    start(programs.apiServer, folder, apiServerWords(folder, { client: url(client), port })),
  ];
  const ask = (method: string, path: string, options: AskOptions = {}): Promise<Reply> =>
    call({ method, path, port, token, folder, ...options });
  const plane: ControlPlane = {
    ask,
    waitFor: (path, isWished) => poll(() => ask('GET', path), { isWished, deadlineMs: waitDeadlineMs, what: path }),
    async stop() {
      for (const signal of stopSignals) process.off(signal, interrupt);
      await Promise.all(children.map(end));
      rmSync(folder, { recursive: true, force: true });
    },
  };
  const interrupt = (): void => {
    void plane.stop().finally(() => process.exit(130));
  };
  for (const signal of stopSignals) process.once(signal, interrupt);
  try {
    await poll(() => ask('GET', '/readyz'), {
      isWished: ({ status }) => status === 200,
      deadlineMs: startDeadlineMs,
      what: 'the API server',
    });
    return plane;
  } catch (error) {
    await plane.stop();
    throw error;
  }
}

function apiServerWords(folder: string, facts: { client: string; port: number }): string[] {
  return [
    `--etcd-servers=${facts.client}`,
    `--cert-dir=${join(folder, 'certificates')}`,
    `--secure-port=${facts.port}`,
    '--bind-address=127.0.0.1',
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    '--authorization-mode=Node,RBAC',
    `--service-account-key-file=${join(folder, 'key.pub')}`,
    `--service-account-signing-key-file=${join(folder, 'key.pem')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    '--service-cluster-ip-range=10.96.0.0/16',
    // No controller makes the accounts that pods name.
    '--disable-admission-plugins=ServiceAccount',
  ];
}

function start(program: string, folder: string, words: string[]): ChildProcess {
  const log = openSync(join(folder, 'log'), 'a');
  return spawn(program, words, { cwd: folder, stdio: ['ignore', log, log] });
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), stopDeadlineMs);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGTERM');
  });
}

async function poll(
  ask: () => Promise<Reply>,
  options: { isWished: (reply: Reply) => boolean; deadlineMs: number; what: string },
): Promise<Reply> {
  const until = performance.now() + options.deadlineMs;
  let last = 'no answer';
  while (performance.now() < until) {
    try {
      const reply = await ask();
      if (options.isWished(reply)) return reply;
      last = `${reply.status} ${JSON.stringify(reply.body).slice(0, 200)}`;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  throw new EnvironmentFault(`E913 ${options.what} was not ready within ${options.deadlineMs / 1000} s: ${last}`);
}

function call(
  facts: AskOptions & { method: string; path: string; port: number; token: string; folder: string },
): Promise<Reply> {
  const { user } = facts;
  const groups = user && [...(user.groups ?? []), 'system:masters'];
  const text = facts.body === undefined ? undefined : JSON.stringify(facts.body);
  return new Promise((resolve, reject) => {
    const sent = request({
      host: '127.0.0.1',
      port: facts.port,
      path: facts.path,
      method: facts.method,
      ca: readFileSync(join(facts.folder, 'certificates/apiserver.crt')),
      timeout: askDeadlineMs,
      headers: {
        Authorization: `Bearer ${facts.token}`,
        Accept: 'application/json',
        ...(text !== undefined && { 'Content-Type': 'application/json' }),
        ...(user && { 'Impersonate-User': user.username, 'Impersonate-Group': groups }),
      },
    });
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const body = bodyOf(Buffer.concat(chunks).toString());
        resolve({ status: response.statusCode ?? 0, body, warnings: warningsOf(response.headers['warning']) });
      });
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${askDeadlineMs / 1000} s`)));
    sent.on('error', reject);
    sent.end(text);
  });
}

function bodyOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { text };
  }
}

/** RFC 7234: `299 - "text with \" and \\", 299 - "next"`. */
const warningsOf = (header: string | string[] | undefined): string[] =>
  [
    ...[header ?? []]
      .flat()
      .join(', ')
      .matchAll(/299 - "((?:[^"\\]|\\.)*)"/g),
  ].map(([, text]) => (text ?? '').replaceAll(/\\(.)/g, '$1'));

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
