import { AsyncLocalStorage } from 'node:async_hooks';
import { randomFillSync } from 'node:crypto';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** W3C Trace Context: where in which trace a piece of work stands. */
export interface Trace {
  traceId: string;
  spanId: string;
  /** The span that this one was called from; absent at the root. */
  parentSpanId?: string;
  sampled: boolean;
}

const traceparentForm = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const storage = new AsyncLocalStorage<Trace>();

/** Reads a `traceparent` header. Rubbish is no trace, never an error. Source: W3C Trace Context, level 1. */
export function parseTraceparent(header: unknown): Trace | undefined {
  if (typeof header !== 'string' || header.length !== 55) return undefined;
  const match = traceparentForm.exec(header);
  if (!match?.[1] || !match[2] || !match[3]) return undefined;
  if (/^0+$/.test(match[1]) || /^0+$/.test(match[2])) return undefined;
  return { traceId: match[1], spanId: match[2], sampled: (Number.parseInt(match[3], 16) & 1) === 1 };
}

/** Writes a trace as a `traceparent` header. */
export function formatTraceparent(trace: Trace): string {
  return `00-${trace.traceId}-${trace.spanId}-${trace.sampled ? '01' : '00'}`;
}

/** The next span of the trace that came in, or the first one of a new trace. */
export function continueTrace(header: unknown): Trace {
  const parent = parseTraceparent(header);
  return {
    traceId: parent?.traceId ?? randomHex(16),
    spanId: randomHex(8),
    ...(parent && { parentSpanId: parent.spanId }),
    sampled: parent?.sampled ?? true,
  };
}

/** Random bytes in store: asking the system for a few at a time is felt in a small request. */
const store = { bytes: Buffer.alloc(4_096), used: 4_096 };

function randomHex(count: number): string {
  if (store.used + count > store.bytes.length) {
    randomFillSync(store.bytes);
    store.used = 0;
  }
  const from = store.used;
  store.used += count;
  return store.bytes.toString('hex', from, store.used);
}

/** The trace of the work that is running now, if any. */
export const currentTrace = (): Trace | undefined => storage.getStore();

/** Runs a piece of work within a trace. */
export function runWithTrace<Result>(trace: Trace, work: () => Result): Result {
  return storage.run(trace, work);
}

/** The `traceparent` for something that leaves now: the running trace's, or a new one's. */
export function nextTraceparent(): string {
  return formatTraceparent(currentTrace() ?? continueTrace(undefined));
}

/** The Prometheus metrics of a process. */
export interface Metrics {
  registry: Registry;
  requests: Counter<'method' | 'route' | 'status'>;
  requestSeconds: Histogram<'route'>;
}

/** Starts the metrics of a process: Node's own and those of the HTTP server. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  // Not before the process answers: it would make the start longer.
  setImmediate(() => collectDefaultMetrics({ register: registry }));
  return {
    registry,
    requests: new Counter({
      name: 'http_requests_total',
      help: 'Answered requests.',
      labelNames: ['method', 'route', 'status'],
      registers: [registry],
    }),
    requestSeconds: new Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time from the first byte of the request to the answer.',
      labelNames: ['route'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers: [registry],
    }),
  };
}

export { Counter, Gauge, Histogram };
