import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:http';
import fc from 'fast-check';
import type { GeneratedRequest, KnownValues, OpenApi } from './openapi-requests.ts';
import { requestsOf } from './openapi-requests.ts';

/** An answer that no request may get, with the request that got it. */
export interface Breach {
  reason: string;
  request: GeneratedRequest;
}

export interface FuzzOptions {
  gateway: string;
  document: OpenApi;
  known: KnownValues;
  tokens: Record<'good' | 'rubbish' | 'poor', string>;
  count: number;
  seed: number;
}

const concurrency = 32;
/** Longer than any answer takes on a busy machine: what is still silent then hangs. */
const answerTimeoutMs = 30_000;
const maxBreaches = 20;

/** Sends generated requests and gives back what broke the rules: a 500, a hang, an error that is no problem document. */
export async function fuzz(options: FuzzOptions): Promise<{ statuses: Record<number, number>; breaches: Breach[] }> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const statuses: Record<number, number> = {};
  const breaches: Breach[] = [];
  const requests = generate(options);
  const worker = async (): Promise<void> => {
    for (const next of requests) {
      if (breaches.length >= maxBreaches) return;
      const outcome = await send(next, options, agent);
      if (outcome.status) statuses[outcome.status] = (statuses[outcome.status] ?? 0) + 1;
      if (outcome.reason) breaches.push({ reason: outcome.reason, request: next });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  agent.destroy();
  return { statuses, breaches };
}

function* generate({ document, known, count, seed }: FuzzOptions): Generator<GeneratedRequest> {
  const batch = 1_000;
  for (let made = 0; made < count; made += batch) {
    const size = Math.min(batch, count - made);
    yield* fc.sample(requestsOf(document, known), { numRuns: size, seed: seed + made });
  }
}

interface Outcome {
  status?: number;
  reason?: string;
}

function send(generated: GeneratedRequest, options: FuzzOptions, agent: Agent): Promise<Outcome> {
  const token = generated.token === 'none' ? undefined : options.tokens[generated.token];
  const headers = { ...generated.headers, ...(token && { authorization: `Bearer ${token}` }) };
  return new Promise((resolve) => {
    const outgoing = request(options.gateway + safePath(generated.path), { agent, method: generated.method, headers });
    const timer = setTimeout(() => {
      outgoing.destroy();
      resolve({ reason: `no answer within ${answerTimeoutMs} ms` });
    }, answerTimeoutMs);
    const finish = (outcome: Outcome): void => {
      clearTimeout(timer);
      resolve(outcome);
    };
    const fail = (error: NodeJS.ErrnoException): void => {
      // A server that refuses a body early may close while we still write.
      const isEarly = error.code === 'EPIPE' || error.code === 'ECONNRESET';
      finish(isEarly ? {} : { reason: `${error.code}: ${error.message}` });
    };
    outgoing.on('response', (response) => {
      if (response.headers['content-type']?.startsWith('text/event-stream')) {
        outgoing.destroy();
        return finish({ status: response.statusCode ?? 0 });
      }
      return void judge(response, generated.method).then(finish, fail);
    });
    outgoing.on('error', fail);
    outgoing.end(generated.body);
  });
}

/** Node refuses to send raw control and non-ASCII characters in a path; a broken escape goes as it is. */
const safePath = (path: string): string =>
  path.replace(/[^\x21-\x7e]/g, (character) => encodeURIComponent(character.toWellFormed()));

async function judge(response: IncomingMessage, method: string): Promise<Outcome> {
  const status = response.statusCode ?? 0;
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString('utf8');
  if (status < 400) return { status };
  if (status >= 500 && status !== 503) return { status, reason: `status ${status}: ${body.slice(0, 300)}` };
  if (status === 503 && !response.headers['retry-after']) return { status, reason: '503 without Retry-After' };
  if (response.headers['x-powered-by'] || response.headers.server)
    return { status, reason: 'the answer names its software' };
  if (method === 'HEAD') return { status };
  return { status, ...problemFault(status, response.headers['content-type'] ?? '', body) };
}

function problemFault(status: number, type: string, body: string): Outcome {
  if (!type.startsWith('application/problem+json')) return { reason: `status ${status} as ${type}` };
  if (/\bat .+:\d+:\d+|node_modules|select .+ from/i.test(body))
    return { reason: `the error tells of its inside: ${body.slice(0, 300)}` };
  const problem = JSON.parse(body) as Record<string, unknown>;
  const missing = ['type', 'title', 'status', 'detail', 'instance'].find((name) => !(name in problem));
  return missing ? { reason: `the problem has no ${missing}` } : {};
}
