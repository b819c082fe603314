import { randomUUIDv7 } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { Hono } from 'hono';
import { apiPage, apiPageStyle } from './api-page.ts';
import type { Subject, VerifyToken } from './auth.ts';
import { anonymous, requireScope } from './auth.ts';
import { problemOf } from './failure.ts';
import type { Log } from './log.ts';
import { openApiDocument } from './openapi.ts';
import { Problem, problemResponse } from './problem.ts';
import { checkAccept, checkEnvelope, clientAddressOf, readBody, readParams, readQuery } from './request-checks.ts';
import type { Reply, Route, RouteRequest } from './route.ts';
import { text } from './route.ts';
import type { Metrics } from './telemetry.ts';
import { continueTrace, formatTraceparent, runWithTrace } from './telemetry.ts';
import type { SpanSink } from './tracing.ts';

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
    app.on(route.method, route.path, (context) => answer(context, route, options));
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

function documentRoutes(options: AppOptions): Route[] {
  const root = `/api/${options.name}`;
  let document: string | undefined;
  const page = (path: string, operationId: string, type: string, make: () => string): Route => ({
    method: 'GET',
    path: `${root}/${path}`,
    operationId,
    summary: 'Documentation.',
    policy: 'public',
    responses: { 200: { description: 'The document.', type: type.split(';')[0] ?? type } },
    handle: async () => text(200, type, make()),
  });
  return [
    page('openapi.json', 'openapi', 'application/json; charset=utf-8', () => {
      document ??= JSON.stringify(openApiDocument(options));
      return document;
    }),
    page('docs', 'docs', 'text/html; charset=utf-8', () => apiPage(options)),
    page('docs.css', 'docsStyle', 'text/css; charset=utf-8', () => apiPageStyle),
  ];
}

async function answer(context: AppContext, route: Route, options: AppOptions): Promise<Response> {
  const startedMs = performance.now();
  const trace = continueTrace(context.req.header('traceparent'));
  const response = await runWithTrace(trace, async () => {
    try {
      const request = await readRequest(context, route, options);
      // Not spread: that would make the signal, which few routes ask for, for every request.
      const whole = Object.assign(request, { traceparent: formatTraceparent(trace) });
      const reply = await withDeadline(route.handle(whole), requestDeadlineMs);
      return toResponse(reply, route, request.requestId);
    } catch (error) {
      return failed(context, error, options.log, route);
    }
  });
  options.metrics.requests.inc({ method: route.method, route: route.path, status: response.status });
  const elapsedMs = performance.now() - startedMs;
  options.metrics.requestSeconds.observe({ route: route.path }, elapsedMs / 1000);
  const endMs = Date.now();
  options.spans?.record({
    name: `${route.method} ${route.path}`,
    kind: 'server',
    trace,
    startMs: endMs - elapsedMs,
    endMs,
    isError: response.status >= 500,
    attributes: { 'http.route': route.path, 'http.response.status_code': response.status },
  });
  return response;
}

async function readRequest(
  context: AppContext,
  route: Route,
  options: AppOptions,
): Promise<Omit<RouteRequest, 'traceparent'>> {
  const incoming = context.env?.incoming;
  const url = context.req.url;
  const pathStart = url.indexOf('/', 8);
  checkEnvelope(url.slice(pathStart), incoming);
  const subject = await authorise(context, route, options);
  const offered = Object.values(route.responses).map((rule) => rule.type ?? 'application/json');
  checkAccept(context.req.header('accept'), [...offered, 'application/problem+json']);
  const questionMark = url.indexOf('?', pathStart);
  const params = readParams(route, context.req.param());
  const query = readQuery(route, questionMark < 0 ? '' : url.slice(questionMark + 1));
  const body = route.body ? await readBody(route.body, context.req.raw, incoming) : undefined;
  return {
    params,
    query,
    body,
    subject,
    headers: context.req.raw.headers,
    clientAddress: clientAddressOf(context.req.header('x-forwarded-for'), incoming),
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

async function authorise(context: AppContext, route: Route, options: AppOptions): Promise<Subject> {
  if (route.policy === 'public') return anonymous;
  if (!options.verifyToken) throw new Error(`${route.operationId} asks for a scope, but there is no token check`);
  const count = context.env?.incoming?.rawHeaders.filter((name) => name.toLowerCase() === 'authorization').length ?? 1;
  const subject = await options.verifyToken(count > 1 ? undefined : context.req.header('authorization'));
  requireScope(subject, route.policy.scope);
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

/** Waits for a promise, at most so long. @throws a TimeoutError, which callers see as 503. */
export async function withDeadline<Value>(work: Promise<Value>, milliseconds: number): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new DOMException(`no answer within ${milliseconds} ms`, 'TimeoutError')),
      milliseconds,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
