import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CommandFault } from './command-fault.ts';

const requestMs = 15_000;
const patienceMs = 60_000;
const longestPauseMs = 2_000;
const maxTokenRefusals = 3;
/** Answers that may be others soon: too many requests, a part that restarts. */
const passing = [429, 502, 503, 504];

/** Whom a command acts for on a local platform. */
export interface LocalPerson {
  sub: string;
  email: string;
  scopes: readonly string[];
}

/** What the platform answered; an answer below 300 or one that the caller asked for with `accept`. */
export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

/** One request. `accept` lists refusals that are an answer too, such as 404 and 409. */
export interface Ask {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  type?: string;
  body?: string;
  headers?: Record<string, string>;
  accept?: readonly number[];
}

/** Calls the platform's APIs as one person. A call waits while the platform is busy or restarts, at most a minute. */
export type Call = (path: string, ask?: Ask) => Promise<Answer>;

/** Finds the platform: `BASE_URL`, what `make up` wrote into `DATA_DIR`, or this machine's `PORT`. */
export async function findPlatform(variables: Record<string, string | undefined>): Promise<string> {
  if (variables['BASE_URL']) return variables['BASE_URL'].replace(/\/$/, '');
  const standard = `http://localhost:${variables['PORT'] || '8080'}`;
  try {
    const text = await readFile(join(variables['DATA_DIR'] || '.local', 'endpoints.json'), 'utf8');
    const { gateway } = JSON.parse(text) as { gateway?: unknown };
    return typeof gateway === 'string' ? gateway : standard;
  } catch {
    return standard;
  }
}

/** Connects to a local platform as a person. @throws CommandFault when none runs there. */
export async function connectAs(url: string, person: LocalPerson, stop: AbortSignal): Promise<Call> {
  let token = await requestToken(url, person);
  return async (path, ask = {}) => {
    const { method = 'GET', type = 'application/json', body, accept = [] } = ask;
    let refusals = 0;
    const attempt = async (): Promise<Response> => {
      const headers = {
        ...(body !== undefined && { 'content-type': type }),
        ...ask.headers,
        authorization: `Bearer ${token}`,
      };
      // A write that is under way is not cut by Ctrl-C: what became of it is to be known.
      const signal = method === 'GET' ? limit(stop) : AbortSignal.timeout(requestMs);
      const response = await fetch(`${url}${path}`, { method, headers, signal, ...(body !== undefined && { body }) });
      if (response.status !== 401 || refusals >= maxTokenRefusals) return response;
      refusals += 1;
      token = await requestToken(url, person);
      return attempt();
    };
    const response = await patiently(attempt, { url, stop });
    const text = await response.text();
    const { status, headers } = response;
    if (response.ok || accept.includes(status)) return { status, headers, body: text === '' ? undefined : parse(text) };
    throw new CommandFault(5, `The platform refused ${path.split('?')[0]}: ${status} ${detailOf(text)}`);
  };
}

async function requestToken(url: string, { sub, email, scopes }: LocalPerson): Promise<string> {
  const remedy = 'Start it with `make up`, or set BASE_URL.';
  let response: Response;
  try {
    response = await fetch(`${url}/local/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sub, email, scopes }),
      signal: AbortSignal.timeout(requestMs),
    });
  } catch (error) {
    throw new CommandFault(5, `No platform answers at ${url}. ${remedy}`, error);
  }
  if (!response.ok) throw new CommandFault(5, `What answers at ${url} is not a local platform. ${remedy}`);
  const { access_token: token } = (await response.json()) as { access_token: string };
  return token;
}

const limit = (stop: AbortSignal): AbortSignal => AbortSignal.any([stop, AbortSignal.timeout(requestMs)]);

/** Repeats what may pass: too many requests, a part that restarts, a connection that was lost. */
async function patiently(
  attempt: () => Promise<Response>,
  options: { url: string; stop: AbortSignal },
): Promise<Response> {
  const endMs = performance.now() + patienceMs;
  let pauseMs = 100;
  for (;;) {
    let trouble: string;
    try {
      const response = await attempt();
      if (!passing.includes(response.status)) return response;
      await response.arrayBuffer();
      trouble = `it answers ${response.status}`;
      const seconds = Number(response.headers.get('retry-after'));
      if (seconds > 0) pauseMs = Math.max(pauseMs, Math.min(seconds * 1_000, 10_000));
    } catch (error) {
      if (options.stop.aborted) throw error;
      trouble = error instanceof CommandFault ? error.message : 'it does not answer';
    }
    if (performance.now() + pauseMs > endMs) {
      throw new CommandFault(5, `The platform at ${options.url} was away for ${patienceMs / 1_000} s: ${trouble}.`);
    }
    await delay(pauseMs * (0.5 + Math.random() / 2), undefined, { signal: options.stop });
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function detailOf(text: string): string {
  const body = parse(text);
  return typeof body === 'object' && body !== null ? String((body as { detail?: unknown }).detail ?? '') : '';
}
