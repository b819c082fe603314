import { randomUUIDv7 } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { Hono } from 'hono';
import { apiPage, apiPageStyle } from './api-page.ts';
import type { Subject, VerifyToken } from './auth.ts';
import { anonymous, requireScope } from './auth.ts';
import { withDeadline } from './deadline.ts';
import { problemOf } from './failure.ts';
import type { Log } from './log.ts';
import { openApiDocument } from './openapi.ts';
import { Problem, problemResponse } from './problem.ts';
import {
  checkAccept,
  checkEnvelope,
  clientAddressOf,
  headersOf,
  readBody,
  readParams,
  readQuery,
} from './request-checks.ts';
import type { HeaderReader, Reply, Route, RouteRequest } from './route.ts';
import { text } from './route.ts';
import type { Metrics, Trace } from './telemetry.ts';
import { continueTrace, formatTraceparent, runWithTrace } from './telemetry.ts';
import type { FinishedSpan, SpanSink } from './tracing.ts';

export type App = Hono<{ Bindings: HttpBindings }>;
type AppContext = Context<{ Bindings: HttpBindings }>;

/** What an API is made of. `isReady` throws while a dependency does not answer. */
export interface AppOptions {
  name: string;
  version: string;
  routes: readonly Route[];
  /** Absent where no route asks for a scope. */
  verifyToken?: VerifyToken;
  isReady(): Promise<void>;
  metrics: Metrics;
  /** Where traces go; nowhere unless said. */
  spans?: SpanSink;
  log: Log;
}

const requestDeadlineMs = 10_000;
const readinessDeadlineMs = 2_000;

/** Headers of every answer. */
const safeHeaders = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'cross-origin-opener-policy': 'same-origin',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
};
const corsHeaders = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' };

/** Builds the HTTP side of a service: its routes, health, readiness, metrics and documents. Every error is a problem. */
export function createApp(options: AppOptions): App {
  const app: App = new Hono();
  addOperations(app, options);
  const documents = options.routes.length > 0 ? documentRoutes(options) : [];
  const all = [...documents, ...options.routes];
  for (const route of all) {
    const prepared = prepare(route, options.metrics);
    app.on(route.method, route.path, (context) => answer(context, prepared, options));
  }
  for (const path of new Set(all.map((route) => route.path))) {
    const here = all.filter((route) => route.path === path);
    app.all(path, (context) => refuseMethod(context, here));
  }
  app.notFound((context) => {
    if (context.req.method === 'TRACE') return refuseMethod(context, []);
    return failed(context, new Problem(404, 'not-found', 'There is nothing here.'), options.log);
  });
  app.onError((error, context) => failed(context, error, options.log));
  return app;
}

function addOperations(app: App, options: AppOptions): void {
  app.get('/healthz', (context) => context.text('ok\n'));
  app.get('/readyz', async (context) => {
    try {
      await withDeadline(options.isReady(), readinessDeadlineMs);
      return context.text('ready\n');
    } catch (error) {
      options.log.debug({ error }, 'not ready');
      return context.text('not ready\n', 503);
    }
  });
  app.get('/metrics', async (context) => {
    context.header('content-type', options.metrics.registry.contentType);
    return context.body(await options.metrics.registry.metrics());
  });
}

/** The documents lie below the service's name, and below its resources where these are called otherwise: `/api/orders`. */
function documentRoutes(options: AppOptions): Route[] {
  const resources = options.routes.flatMap(({ path }) => /^\/api\/[a-z-]+/.exec(path) ?? []);
  let document: string | undefined;
  const openApi = (): string => {
    document ??= JSON.stringify(openApiDocument(options));
    return document;
  };
  const page = (path: string, operationId: string, written: { type: string; make: () => string }): Route => ({
    method: 'GET',
    path,
    operationId,
    summary: 'Documentation.',
    policy: 'public',
    responses: { 200: { description: 'The document.', type: written.type.split(';')[0] ?? written.type } },
    handle: async () => text(200, written.type, written.make()),
  });
  return [...new Set([`/api/${options.name}`, ...resources])].flatMap((root) => [
    page(`${root}/openapi.json`, 'openapi', { type: 'application/json; charset=utf-8', make: openApi }),
    page(`${root}/docs`, 'docs', { type: 'text/html; charset=utf-8', make: () => apiPage(options) }),
    page(`${root}/docs.css`, 'docsStyle', { type: 'text/css; charset=utf-8', make: () => apiPageStyle }),
  ]);
}

/** A route with what is the same for each of its requests. */
interface PreparedRoute {
  route: Route;
  /** The media types that it answers with. */
  offered: readonly string[];
  count(status: number, seconds: number): void;
}

function prepare(route: Route, metrics: Metrics): PreparedRoute {
  const rules = Object.values(route.responses);
  const types = rules.flatMap(({ type = 'application/json', alsoAs = [] }) => [type, ...alsoAs]);
  const seconds = metrics.requestSeconds.labels({ route: route.path });
  const counters = new Map<number, { inc(): void }>();
  return {
    route,
    offered: [...types, 'application/problem+json'],
    count: (status, elapsedSeconds) => {
      const labels = { method: route.method, route: route.path, status };
      const counter = counters.get(status) ?? metrics.requests.labels(labels);
      counters.set(status, counter);
      counter.inc();
      seconds.observe(elapsedSeconds);
    },
  };
}

async function answer(context: AppContext, prepared: PreparedRoute, options: AppOptions): Promise<Response> {
  const { route } = prepared;
  const startedMs = performance.now();
  const headers = headersOf(context.env?.incoming, () => context.req.raw);
  const trace = continueTrace(headers.get('traceparent'));
  const response = await runWithTrace(trace, async () => {
    try {
      const request = await readRequest(context, prepared, { options, headers });
      // Not spread: that would make the signal, which few routes ask for, for every request.
      const whole = Object.assign(request, { traceparent: formatTraceparent(trace) });
      const reply = await withDeadline(route.handle(whole), requestDeadlineMs);
      return toResponse(reply, route, request.requestId);
    } catch (error) {
      return failed(context, error, options.log, route);
    }
  });
  const elapsedMs = performance.now() - startedMs;
  prepared.count(response.status, elapsedMs / 1000);
  if (options.spans) options.spans.record(spanOf({ route, trace, elapsedMs, status: response.status }));
  return response;
}

function spanOf(done: { route: Route; trace: Trace; elapsedMs: number; status: number }): FinishedSpan {
  const { route, trace, elapsedMs, status } = done;
  const endMs = Date.now();
  return {
    name: `${route.method} ${route.path}`,
    kind: 'server',
    trace,
    startMs: endMs - elapsedMs,
    endMs,
    isError: status >= 500,
    attributes: { 'http.route': route.path, 'http.response.status_code': status },
  };
}

async function readRequest(
  context: AppContext,
  prepared: PreparedRoute,
  given: { options: AppOptions; headers: HeaderReader },
): Promise<Omit<RouteRequest, 'traceparent'>> {
  const { route } = prepared;
  const { headers, options } = given;
  const incoming = context.env?.incoming;
  const target = incoming?.url ?? context.req.url.slice(context.req.url.indexOf('/', 8));
  checkEnvelope(target, incoming);
  const subject = await authorise(route, { incoming, headers, options });
  checkAccept(headers.get('accept'), prepared.offered);
  const questionMark = target.indexOf('?');
  const params = readParams(route, context.req.param());
  const query = readQuery(route, questionMark < 0 ? '' : target.slice(questionMark + 1));
  const source = { headers, incoming, request: () => context.req.raw };
  const body = route.body ? await readBody(route.body, source) : undefined;
  return {
    params,
    query,
    body,
    subject,
    headers,
    clientAddress: clientAddressOf(headers.get('x-forwarded-for'), incoming),
    requestId: randomUUIDv7(),
    get signal(): AbortSignal {
      return goneSignal(context);
    },
  };
}

function goneSignal(context: AppContext): AbortSignal {
  const outgoing = context.env?.outgoing;
  if (!outgoing) return context.req.raw.signal;
  const controller = new AbortController();
  if (outgoing.destroyed) controller.abort();
  outgoing.once('close', () => controller.abort());
  return controller.signal;
}

async function authorise(
  route: Route,
  given: { incoming: IncomingMessage | undefined; headers: HeaderReader; options: AppOptions },
): Promise<Subject> {
  if (route.policy === 'public') return anonymous;
  const { incoming, headers, options } = given;
  if (!options.verifyToken) throw new Error(`${route.operationId} asks for a token, but there is no check of tokens`);
  const count = incoming?.rawHeaders.filter((name) => name.toLowerCase() === 'authorization').length ?? 1;
  const subject = await options.verifyToken(count > 1 ? undefined : (headers.get('authorization') ?? undefined));
  if (route.policy !== 'person') requireScope(subject, route.policy.scope);
  return subject;
}

function toResponse(reply: Reply, route: Route, requestId: string): Response {
  const headers = {
    ...safeHeaders,
    ...(route.cors === 'any' && corsHeaders),
    ...(reply.type && { 'content-type': reply.type }),
    'x-request-id': requestId,
    ...reply.headers,
  };
  return new Response((reply.body ?? null) as ConstructorParameters<typeof Response>[0], {
    status: reply.status,
    headers,
  });
}

function failed(context: AppContext, error: unknown, log: Log, route?: Route): Response {
  const requestId = randomUUIDv7();
  const problem = problemOf(error);
  const facts = { requestId, method: context.req.method, route: route?.path };
  if (!problem) log.error({ ...facts, error }, 'a request failed by a fault of ours');
  else if (problem.status >= 500)
    log.warn({ ...facts, reason: problem.slug, error: problem.cause }, 'a request was put off');
  const sent = problem ?? new Problem(500, 'internal', 'This is a fault of ours; it was recorded.');
  const response = problemResponse(sent, requestId);
  if (route?.cors === 'any') for (const [name, value] of Object.entries(corsHeaders)) response.headers.set(name, value);
  return response;
}

function refuseMethod(context: AppContext, routes: readonly Route[]): Response {
  const methods = routes.map((route) => route.method);
  const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'].join(', ');
  if (context.req.method === 'OPTIONS' && context.req.header('access-control-request-method')) {
    if (routes.some((route) => route.cors !== 'any')) {
      return problemResponse(
        new Problem(403, 'foreign-origin', 'Pages of other origins may not call this.'),
        randomUUIDv7(),
      );
    }
    return new Response(null, {
      status: 204,
      headers: {
        ...corsHeaders,
        'access-control-allow-methods': methods.join(', '),
        'access-control-allow-headers': 'content-type',
        'access-control-max-age': '7200',
      },
    });
  }
  const problem = new Problem(405, 'method-not-allowed', `This takes ${allow}.`, { headers: { allow } });
  return problemResponse(problem, randomUUIDv7());
}
