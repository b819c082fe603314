import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { EnvironmentFault } from '@millrace/policies/environment-fault.ts';

const deadlineMs = 120_000;
const askDeadlineMs = 10_000;
const maxHeaderBytes = 16 * 1024;
const maxStderrChars = 2_000;

interface BackendRequest {
  backend: string;
  repositoryPath: string;
  /** What follows the repository in the path, such as `/info/refs`. */
  pathInfo: string;
  query: string;
  note: (line: string) => void;
}

/** Git's own program for serving repositories by HTTP. @throws EnvironmentFault where it is missing. */
export async function findGitBackend(): Promise<string> {
  const { stdout } = await promisify(execFile)('git', ['--exec-path'], { timeout: askDeadlineMs }).catch(() => {
    throw new EnvironmentFault('E910 there is no "git" on this machine. Install Git 2.31 or newer.');
  });
  const path = join(stdout.trim(), 'git-http-backend');
  if (!existsSync(path)) throw new EnvironmentFault(`E910 this Git has no http-backend (${path}). Install all of Git.`);
  return path;
}

/** Answers one request through Git's CGI program; it ends with the client, at the latest after two minutes. */
export async function runGitBackend(
  request: IncomingMessage,
  response: ServerResponse,
  facts: BackendRequest,
): Promise<void> {
  // A group of its own, so that the end reaches upload-pack and pack-objects too.
  const child = spawn(facts.backend, { env: variables(request, facts), stdio: 'pipe', detached: true });
  const timer = setTimeout(() => endGroup(child), deadlineMs);
  response.once('close', () => endGroup(child));
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-maxStderrChars);
  });
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  try {
    // Whoever hangs up while it speaks or listens breaks off what nobody needs any more.
    const asked = pipeline(request, child.stdin).catch(() => undefined);
    const [code] = await Promise.all([exited, asked, passOn(child, response)]);
    if (code !== 0 && !response.destroyed) facts.note(`git: http-backend ended with ${code}: ${said.trim()}`);
  } finally {
    clearTimeout(timer);
  }
}

/** Like the big hosts: any commit that is still reachable can be fetched by its name, and parts can be left out. */
const settings = {
  'http.getanyfile': 'false',
  'http.receivepack': 'false',
  'uploadpack.allowReachableSHA1InWant': 'true',
  'uploadpack.allowFilter': 'true',
};

function variables(request: IncomingMessage, facts: BackendRequest): Record<string, string> {
  const { headers } = request;
  // Who starts this names the repository: it may belong to somebody else, as checkouts in containers do.
  const entries = Object.entries({ ...settings, 'safe.directory': '*' });
  const protocol = String(headers['git-protocol'] ?? '');
  return {
    PATH: process.env.PATH ?? '',
    GIT_PROJECT_ROOT: facts.repositoryPath,
    PATH_INFO: facts.pathInfo,
    GIT_HTTP_EXPORT_ALL: '1',
    REQUEST_METHOD: request.method ?? '',
    QUERY_STRING: facts.query,
    CONTENT_TYPE: headers['content-type'] ?? '',
    ...(headers['content-length'] !== undefined && { CONTENT_LENGTH: headers['content-length'] }),
    HTTP_CONTENT_ENCODING: headers['content-encoding'] ?? '',
    ...(protocol !== '' && { GIT_PROTOCOL: protocol, HTTP_GIT_PROTOCOL: protocol }),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_COUNT: String(entries.length),
    ...Object.fromEntries(
      entries.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  };
}

/** CGI: headers, an empty line, the body. */
async function passOn(child: ChildProcess, response: ServerResponse): Promise<void> {
  let head = Buffer.alloc(0);
  let isInBody = false;
  for await (const chunk of child.stdout ?? []) {
    if (isInBody) {
      await write(response, chunk as Buffer);
      continue;
    }
    head = Buffer.concat([head, chunk as Buffer]);
    const end = head.indexOf('\r\n\r\n');
    if (end < 0 && head.length > maxHeaderBytes) throw new Error('http-backend sent no end of its headers');
    if (end < 0) continue;
    isInBody = true;
    const { status, fields } = parseHead(head.subarray(0, end).toString('latin1'));
    response.writeHead(status, fields);
    await write(response, head.subarray(end + 4));
  }
  if (!isInBody && !response.destroyed) response.writeHead(500);
  response.end();
}

function parseHead(text: string): { status: number; fields: Record<string, string> } {
  const lines = text.split('\r\n').map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const status = lines.find(([name]) => name.toLowerCase() === 'status')?.[1];
  const fields = lines.filter(([name]) => name !== '' && name.toLowerCase() !== 'status');
  return { status: status === undefined ? 200 : Number.parseInt(status, 10), fields: Object.fromEntries(fields) };
}

/** Waits for a slow reader; one that has gone is waited for no longer. */
async function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  if (response.destroyed || bytes.length === 0 || response.write(bytes)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended by itself in this moment.
  }
}
