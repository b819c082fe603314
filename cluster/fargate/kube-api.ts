import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { Agent, request } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { EnvironmentFault } from '@millrace/policies/environment-fault.ts';

/** What the API server answered. */
export interface KubeReply {
  status: number;
  body: Record<string, unknown>;
}

export interface KubeAsk {
  body?: unknown;
  /** A PATCH is a merge patch. */
  contentType?: string;
}

/** The API server, on behalf of one user. */
export interface KubeApi {
  /** For watches, which the client library makes. */
  config: KubeConfig;
  /** Throws only when there is no answer; a refusal is an answer. */
  ask(method: string, path: string, ask?: KubeAsk): Promise<KubeReply>;
  /** The same, and a refusal throws too, but for the statuses that are expected. @throws KubeRefusal */
  must(method: string, path: string, ask?: KubeAsk & { unless?: readonly number[] }): Promise<KubeReply>;
  close(): void;
}

/** The API server refused something. */
export class KubeRefusal extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

const deadlineMs = 15_000;
const maxSockets = 8;
const maxAnswerBytes = 64 * 1024 * 1024;

/** Reads a kubeconfig. @throws EnvironmentFault when it is none. */
export function readKubeconfig(path: string): KubeConfig {
  const config = new KubeConfig();
  try {
    config.loadFromFile(path);
  } catch (error) {
    throw new EnvironmentFault(`E917 ${path} is no kubeconfig: ${error instanceof Error ? error.message : error}`);
  }
  if (config.getCurrentCluster()?.server.startsWith('https://')) return config;
  throw new EnvironmentFault(`E917 ${path} names no API server by https in its current context.`);
}

/** Works on behalf of a user, which the kubeconfig's own user must be allowed to. The library's typed calls are not used:
 * they make a connection for each call. */
export function connectAs(admin: KubeConfig, username: string): KubeApi {
  const cluster = admin.getCurrentCluster();
  const user = admin.getCurrentUser();
  if (!cluster || !user) throw new EnvironmentFault('E917 the kubeconfig has no current context.');
  const config = new KubeConfig();
  config.loadFromClusterAndUser(cluster, { ...user, impersonateUser: username });
  const server = new URL(cluster.server);
  const agent = new Agent({ keepAlive: true, maxSockets, ...credentials(cluster, user) });
  const options: RequestOptions = {
    host: server.hostname,
    port: server.port || 443,
    agent,
    timeout: deadlineMs,
    headers: {
      'User-Agent': 'millrace-fargate',
      ...(user.token && { Authorization: `Bearer ${user.token}` }),
      'Impersonate-User': username,
    },
  };
  const ask = (method: string, path: string, given: KubeAsk = {}): Promise<KubeReply> =>
    send({ ...options, method, path: `${server.pathname.replace(/\/$/, '')}${path}` }, given);
  return {
    config,
    ask,
    async must(method, path, { unless = [], ...given } = {}) {
      const reply = await ask(method, path, given);
      if (reply.status < 300 || unless.includes(reply.status)) return reply;
      throw new KubeRefusal(`${method} ${path}: ${reply.status} ${reply.body['message'] ?? ''}`, reply.status);
    },
    close: () => agent.destroy(),
  };
}

function credentials(
  cluster: NonNullable<ReturnType<KubeConfig['getCurrentCluster']>>,
  user: NonNullable<ReturnType<KubeConfig['getCurrentUser']>>,
): { ca?: string | Buffer; cert?: string | Buffer; key?: string | Buffer; rejectUnauthorized?: boolean } {
  const ca = contentOf(cluster.caFile, cluster.caData);
  const cert = contentOf(user.certFile, user.certData);
  const key = contentOf(user.keyFile, user.keyData);
  return {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(cluster.skipTLSVerify && { rejectUnauthorized: false }),
  };
}

const contentOf = (file: string | undefined, encoded: string | undefined): Buffer | undefined =>
  encoded ? Buffer.from(encoded, 'base64') : file ? readFileSync(file) : undefined;

function send(options: RequestOptions, { body, contentType }: KubeAsk): Promise<KubeReply> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const standard = options.method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const headers = {
    ...(options.headers as Record<string, string>),
    Accept: 'application/json',
    ...(text !== undefined && { 'Content-Type': contentType ?? standard, 'Content-Length': Buffer.byteLength(text) }),
  };
  return new Promise((resolve, reject) => {
    const sent = request({ ...options, headers }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxAnswerBytes) sent.destroy(new Error(`an answer of more than ${maxAnswerBytes} bytes`));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: bodyOf(Buffer.concat(chunks).toString()) }),
      );
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${deadlineMs / 1000} s`)));
    sent.on('error', reject);
    sent.end(text);
  });
}

function bodyOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { message: text.slice(0, 200) };
  }
}
