import { createRequire } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';

const autocannon = createRequire(import.meta.url)('autocannon') as (options: object) => Promise<AutocannonResult>;

interface AutocannonResult {
  requests: { average: number; total: number };
  latency: { p50: number; p97_5: number; p99: number; max: number };
  non2xx: number;
  errors: number;
  timeouts: number;
}

export interface Load {
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  refused: number;
  failed: number;
}

interface LoadOptions {
  url: string;
  seconds: number;
  connections: number;
  headers?: Record<string, string>;
  /** Makes the body of the next request; called once for each request. */
  body: () => string;
  /** Makes more headers of the next request. */
  moreHeaders?: () => Record<string, string>;
}

/** Sends POST requests over so many connections for so many seconds, each connection waiting for its answers. */
export async function load(options: LoadOptions): Promise<Load> {
  const headers = { 'content-type': 'application/json', ...options.headers };
  const setupRequest = (request: object): object => ({
    ...request,
    body: options.body(),
    ...(options.moreHeaders && { headers: { ...headers, ...options.moreHeaders() } }),
  });
  const result = await autocannon({
    url: options.url,
    connections: options.connections,
    duration: options.seconds,
    requests: [{ method: 'POST', headers, setupRequest }],
  });
  return {
    requestsPerSecond: result.requests.average,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    refused: result.non2xx,
    failed: result.errors + result.timeouts,
  };
}

const tickMs = 10;

/** Calls so many times a second, by the clock and not by the answers. */
export async function sendEvenly(
  pace: { perSecond: number; warmUpMs: number; durationMs: number },
  send: (isWarm: boolean) => Promise<void>,
): Promise<void> {
  const { perSecond, warmUpMs, durationMs } = pace;
  const startedAt = performance.now();
  const sending: Promise<void>[] = [];
  for (let sent = 0; ; ) {
    const passedMs = performance.now() - startedAt;
    if (passedMs >= warmUpMs + durationMs) break;
    for (; sent < (passedMs * perSecond) / 1_000; sent += 1) sending.push(send(passedMs >= warmUpMs));
    await wait(tickMs);
  }
  await Promise.all(sending);
}
