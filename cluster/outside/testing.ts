import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';

const deadlineMs = 50_000;

export const repositoryUrl = 'https://git.millrace.example/millrace/millrace.git';
export const metricsUrl = 'https://aps-workspaces.eu-north-1.amazonaws.com/workspaces/ws-1';

export interface Ended {
  code: number;
  output: string;
}

/** Runs Git without the settings of this machine and of whoever runs the tests. Never throws. */
export function git(words: readonly string[], options: { cwd: string; env?: Record<string, string> }): Promise<Ended> {
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: options.cwd,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'A',
    GIT_AUTHOR_EMAIL: 'a@millrace.example',
    GIT_COMMITTER_NAME: 'A',
    GIT_COMMITTER_EMAIL: 'a@millrace.example',
    ...options.env,
  };
  return new Promise((resolve) => {
    execFile('git', [...words], { cwd: options.cwd, env, timeout: deadlineMs }, (error, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : error ? -1 : 0;
      resolve({ code, output: `${stdout}${stderr}`.trim() });
    });
  });
}

/** A folder with a repository of one commit on `main`, and room for what a test writes. */
export async function makeRepository(): Promise<{ folder: string; repository: string; commit: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-outside-'));
  const repository = join(folder, 'repository');
  mkdirSync(repository);
  await git(['init', '--quiet', '--initial-branch=main'], { cwd: repository });
  writeFileSync(join(repository, 'README.md'), 'first\n');
  await git(['add', '.'], { cwd: repository });
  await git(['commit', '--quiet', '--message=first'], { cwd: repository });
  const { output } = await git(['rev-parse', 'HEAD'], { cwd: repository });
  return { folder, repository, commit: output };
}

export interface Answer {
  status: number;
  text: string;
}

interface Asked {
  proxyUrl: string;
  certificate: string;
  url: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** Asks as a program behind the proxy does: CONNECT, TLS that trusts one certificate, then the request. */
export async function askThroughProxy(asked: Asked): Promise<Answer> {
  const { hostname, port, pathname, search } = new URL(asked.url);
  const opened = await openTunnel(asked.proxyUrl, `${hostname}:${port || 443}`);
  if ('status' in opened) return opened;
  const inside = tlsConnect({ socket: opened.socket, servername: hostname, ca: asked.certificate });
  try {
    return await new Promise<Answer>((resolve, reject) => {
      inside.once('error', reject);
      const options = {
        createConnection: () => inside,
        method: asked.method ?? 'GET',
        path: `${pathname}${search}`,
        headers: { Host: hostname, Connection: 'close', ...asked.headers },
      };
      const request = httpRequest(options, (response) => resolve(readAnswer(response)));
      request.once('error', reject);
      request.end(asked.body);
    });
  } finally {
    inside.destroy();
  }
}

/** The tunnel, or what the proxy says instead. */
function openTunnel(proxyUrl: string, target: string): Promise<{ socket: Socket } | Answer> {
  const { hostname, port } = new URL(proxyUrl);
  const request = httpRequest({ host: hostname, port, method: 'CONNECT', path: target, agent: false });
  request.setTimeout(deadlineMs, () => request.destroy(new Error(`no answer within ${deadlineMs} ms`)));
  return new Promise((resolve, reject) => {
    request.once('error', reject);
    request.once('connect', (response, socket: Socket, head: Buffer) => {
      if (response.statusCode === 200) return resolve({ socket });
      // The body of a refused CONNECT is what follows its headers until the end.
      const chunks = [head];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.once('end', () => {
        socket.destroy();
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
      });
    });
    request.end();
  });
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') };
}
