import type { Log } from '@millrace/runtime/log.ts';
import type { Clock, Random } from '@millrace/runtime/ports.ts';
import { Problem } from '@millrace/runtime/problem.ts';
import { checkEnvelope } from '@millrace/runtime/request-checks.ts';
import type { App } from '@millrace/runtime/server.ts';
import { createApp } from '@millrace/runtime/server.ts';
import type { Metrics } from '@millrace/runtime/telemetry.ts';
import { continueTrace, runWithTrace } from '@millrace/runtime/telemetry.ts';
import type { VolatileStore } from '@millrace/runtime/volatile.ts';
import type { MiddlewareHandler } from 'hono';
import { createAccessTokens } from './access-token.ts';
import { templateOf } from './api-paths.ts';
import { setBrowserHeaders } from './browser-headers.ts';
import type { ApiAddresses, DashboardConfig } from './config.ts';
import { apiUrlsOf, isLoopbackHttp } from './config.ts';
import { hostCookie } from './cookies.ts';
import { lazyLogin } from './lazy-login.ts';
import { createLiveStreams } from './live-streams.ts';
import { isPlace } from './page/text/place.ts';
import type { PageFiles } from './page-files.ts';
import { createSessions } from './session.ts';
import { addSessionRoutes } from './session-routes.ts';

interface DashboardParts {
  config: ApiAddresses &
    Pick<DashboardConfig, 'PUBLIC_URL' | 'UPLOAD_ORIGIN' | 'ISSUER_URL' | 'CLIENT_ID' | 'LOGIN_SCOPES'>;
  files: PageFiles;
  store: VolatileStore;
  metrics: Metrics;
  log: Log;
  clock: Clock;
  random: Random;
}

/** The dashboard's server: the page, its login, and the API as the page calls it. */
export function createDashboard(parts: DashboardParts): App {
  const { config, store, log, clock, random } = parts;
  const app = createApp({
    name: 'dashboard',
    version: '1',
    routes: [],
    isReady: () => store.isReady(),
    metrics: parts.metrics,
    log,
  });
  const nowMs = (): number => clock.now().getTime();
  const sessions = createSessions({ store, random, nowMs });
  const login = lazyLogin({
    issuerUrl: config.ISSUER_URL,
    clientId: config.CLIENT_ID,
    scopes: config.LOGIN_SCOPES,
    publicUrl: config.PUBLIC_URL,
    store,
    nowMs,
  });
  const cookieRules = { isLoopbackHttp: isLoopbackHttp(config.PUBLIC_URL) };
  app.use('*', setBrowserHeaders({ uploadOrigins: config.UPLOAD_ORIGIN }), observe(parts.metrics));
  addSessionRoutes(app, {
    publicUrl: config.PUBLIC_URL,
    apiUrls: apiUrlsOf(config),
    store,
    random,
    sessions,
    login,
    accessTokenOf: createAccessTokens({ store, sessions, login, random, nowMs }),
    sessionCookie: hostCookie('session', cookieRules),
    loginCookie: hostCookie('login', cookieRules),
    streams: createLiveStreams(nowMs),
    onReport: (report) => log.warn({ report: report.slice(0, 2_000) }, 'a browser reports a policy violation'),
  });
  addPage(app, parts.files);
  return app;
}

function addPage(app: App, files: PageFiles): void {
  app.get('*', (context) => {
    const path = new URL(context.req.url).pathname;
    const isApi = /^\/(api|session)(\/|$)/.test(path);
    const file = isApi ? undefined : files.serve(context, isPlace(path) ? '/' : path);
    if (file) return file;
    const isPerson = !isApi && (context.req.header('accept')?.includes('text/html') ?? false);
    const page = isPerson ? files.serve(context, '/', 404) : undefined;
    if (page) return page;
    throw new Problem(404, 'not-found', 'There is nothing here.');
  });
}

/** Limits, trace and figures of every request. */
function observe(metrics: Metrics): MiddlewareHandler {
  return async (context, next) => {
    const startedMs = performance.now();
    const url = context.req.url;
    checkEnvelope(url.slice(url.indexOf('/', 8)), context.env?.incoming);
    await runWithTrace(continueTrace(context.req.header('traceparent')), next);
    const route = routeOf(context.req.path);
    metrics.requests.inc({ method: context.req.method, route, status: context.res.status });
    metrics.requestSeconds.observe({ route }, (performance.now() - startedMs) / 1000);
  };
}

/** A name for figures: as many as there are routes, whatever is asked for. */
function routeOf(path: string): string {
  const prefix = '/session/api';
  if (!path.startsWith(`${prefix}/`)) return /^\/session(\/(login|callback|logout|reports))?$/.exec(path)?.[0] ?? '/*';
  return prefix + (templateOf(path.slice(prefix.length)) ?? '/*');
}
