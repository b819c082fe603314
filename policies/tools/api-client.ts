import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { EnvironmentFault } from '../environment-fault.ts';

/** What an API server answered: the status, its object, and the warnings of admission. */
export interface Reply {
  status: number;
  body: Record<string, unknown>;
  warnings: string[];
}

export interface AskOptions {
  body?: unknown;
  /** On whose behalf, with exactly these groups, so that admission and rights decide as they would for that user. */
  user?: { username: string; groups?: string[] } | undefined;
  /** What the body is; a PATCH is a merge patch unless said. */
  contentType?: string;
}

/** Speaks to an API server as its administrator. */
export interface ApiClient {
  ask(method: string, path: string, options?: AskOptions): Promise<Reply>;
  /** Asks until the answer is as wished. @throws EnvironmentFault after two minutes. */
  waitFor(path: string, isWished: (reply: Reply) => boolean): Promise<Reply>;
}

/** Where an API server is, and how to prove that one is its administrator. */
export interface ApiServer {
  port: number;
  token: string;
  /** Its certificate, which signs itself. Read at each request: the server writes it when it starts for the first time. */
  certificateFile: string;
}

const waitDeadlineMs = 120_000;
const pollMs = 100;
const askDeadlineMs = 30_000;

/** A client for an API server on this machine, which need not answer yet. */
export function connectApi(server: ApiServer): ApiClient {
  const ask = (method: string, path: string, options: AskOptions = {}): Promise<Reply> =>
    call(server, { method, path, ...options });
  return {
    ask,
    waitFor: (path, isWished) =>
      pollReply(() => ask('GET', path), { isWished, deadlineMs: waitDeadlineMs, what: path }),
  };
}

/** Asks again and again until the answer is as wished. @throws EnvironmentFault with the last answer at the deadline. */
export async function pollReply(
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

function call(server: ApiServer, asked: AskOptions & { method: string; path: string }): Promise<Reply> {
  const text = asked.body === undefined ? undefined : JSON.stringify(asked.body);
  return new Promise((resolve, reject) => {
    const sent = request({
      host: '127.0.0.1',
      port: server.port,
      path: asked.path,
      method: asked.method,
      ca: readFileSync(server.certificateFile),
      timeout: askDeadlineMs,
      headers: headersOf(server, asked, text !== undefined),
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

function headersOf(
  server: ApiServer,
  { method, user, contentType }: AskOptions & { method: string },
  hasBody: boolean,
): Record<string, string | string[]> {
  const standard = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  return {
    Authorization: `Bearer ${server.token}`,
    Accept: 'application/json',
    ...(hasBody && { 'Content-Type': contentType ?? standard }),
    ...(user && { 'Impersonate-User': user.username }),
    ...(user?.groups && { 'Impersonate-Group': user.groups }),
  };
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
