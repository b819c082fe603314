import type { HttpBindings } from '@hono/node-server';
import type { Random } from '@millrace/runtime/ports.ts';
import { Problem } from '@millrace/runtime/problem.ts';
import type { BodySource } from '@millrace/runtime/request-checks.ts';
import { clientAddressOf, readBody } from '@millrace/runtime/request-checks.ts';
import type { App } from '@millrace/runtime/server.ts';
import type { VolatileStore } from '@millrace/runtime/volatile.ts';
import type { Context } from 'hono';
import { z } from 'zod';
import type { AccessTokenOf } from './access-token.ts';
import type { ApiName } from './api-paths.ts';
import { checkAllowed } from './api-paths.ts';
import { reportPath } from './browser-headers.ts';
import type { BrowserCookie } from './cookies.ts';
import { forward } from './forward.ts';
import type { LiveStreams } from './live-streams.ts';
import type { Login } from './login.ts';
import { readReturnTo } from './return-to.ts';
import type { Session, Sessions } from './session.ts';
import { absoluteMs } from './session.ts';

type PageContext = Context<{ Bindings: HttpBindings }>;

export interface SessionParts {
  publicUrl: string;
  apiUrls: Record<ApiName, string>;
  store: VolatileStore;
  random: Random;
  sessions: Sessions;
  login: Login;
  accessTokenOf: AccessTokenOf;
  sessionCookie: BrowserCookie;
  /** Binds a login to the browser that began it. */
  loginCookie: BrowserCookie;
  streams: LiveStreams;
  onReport(report: string): void;
}

const loginCookieSeconds = 600;
const reportBody = {
  schema: z.string(),
  types: ['application/reports+json', 'application/csp-report', 'application/json'],
  format: 'text',
  maxBytes: 16_384,
} as const;
const callBody = { schema: z.string(), format: 'text', maxBytes: 65_536 } as const;
/** What a person's page needs many times over, and what keeps a script with a stolen cookie slow. */
const callBucket = { capacity: 300, refillPerSecond: 50 };
const loginBucket = { capacity: 30, refillPerSecond: 0.5 };
/** Products without a session, by address: many people may share one. */
const guestBucket = { capacity: 300, refillPerSecond: 50 };
const reportBucket = { capacity: 20, refillPerSecond: 0.2 };

/** Login, log-out, who is here, and the API as the page calls it. */
export function addSessionRoutes(app: App, parts: SessionParts): void {
  app.get('/session', (context) => whoIsHere(context, parts));
  app.get('/session/login', (context) => startLogin(context, parts));
  app.get('/session/callback', (context) => finishLogin(context, parts));
  app.post('/session/logout', (context) => logOut(context, parts));
  app.post(reportPath, (context) => takeReport(context, parts));
  app.all('/session/api/*', (context) => callApi(context, parts));
  const methods = { '/session': 'GET', '/session/login': 'GET', '/session/callback': 'GET', '/session/logout': 'POST' };
  for (const [path, allow] of Object.entries({ ...methods, [reportPath]: 'POST' })) {
    app.all(path, () => {
      throw new Problem(405, 'method-not-allowed', `This takes ${allow}.`, { headers: { allow } });
    });
  }
}

async function whoIsHere(context: PageContext, parts: SessionParts): Promise<Response> {
  const session = await findSession(context, parts);
  return context.json({ user: session?.user ?? null });
}

async function startLogin(context: PageContext, parts: SessionParts): Promise<Response> {
  const url = new URL(context.req.url);
  const returnTo = readReturnTo(url.searchParams.get('returnTo') ?? undefined);
  // The machine has several names, the session has one: everything goes on where the issuer sends people back to.
  if (isOtherLoopbackName(url, parts.publicUrl)) {
    return context.redirect(`${parts.publicUrl}/session/login?returnTo=${encodeURIComponent(returnTo)}`, 303);
  }
  await spend(parts, `login:${addressOf(context)}`, loginBucket);
  const binding = parts.loginCookie.read(context) ?? Buffer.from(parts.random.bytes(32)).toString('base64url');
  const isFresh = url.searchParams.get('fresh') === '1';
  try {
    const target = await parts.login.start({ returnTo, binding, isFresh });
    parts.loginCookie.write(context, binding, { maxAgeSeconds: loginCookieSeconds, withTwin: true });
    return context.redirect(target.href, 303);
  } catch (error) {
    return showFailure(context, error, returnTo);
  }
}

async function finishLogin(context: PageContext, parts: SessionParts): Promise<Response> {
  try {
    const binding = parts.loginCookie.read(context);
    const { returnTo, ...login } = await parts.login.finish({ url: new URL(context.req.url), binding });
    const old = await findSession(context, parts);
    if (old) await parts.sessions.end(old.key);
    const id = await parts.sessions.open(login);
    const withTwin = parts.loginCookie.needsTwin(context);
    parts.sessionCookie.write(context, id, { maxAgeSeconds: absoluteMs / 1000, withTwin });
    parts.loginCookie.clear(context);
    return context.redirect(returnTo, 303);
  } catch (error) {
    return showFailure(context, error, '/');
  }
}

/** A person sees the page with a sentence; a program sees the problem. */
function showFailure(context: PageContext, error: unknown, returnTo: string): Response {
  if (!(error instanceof Problem) || !context.req.header('accept')?.includes('text/html')) throw error;
  const back = new URL(returnTo, 'http://page.invalid');
  back.searchParams.set('login', error.slug);
  return context.redirect(back.pathname + back.search, 303);
}

async function logOut(context: PageContext, parts: SessionParts): Promise<Response> {
  checkWrite(context, parts.publicUrl);
  const session = await findSession(context, parts);
  if (session) {
    const tokens = await parts.sessions.readTokens(session.key);
    await parts.sessions.end(session.key);
    parts.streams.endAll(session.key);
    // The session is over whatever the issuer says.
    if (tokens?.refresh) await parts.login.revoke(tokens.refresh).catch(() => undefined);
  }
  parts.sessionCookie.clear(context);
  context.header('clear-site-data', '"cache", "cookies", "storage"');
  return context.body(null, 204);
}

function bodySource(context: PageContext): BodySource {
  const { raw } = context.req;
  return { headers: raw.headers, incoming: context.env?.incoming, request: () => raw };
}

async function callApi(context: PageContext, parts: SessionParts): Promise<Response> {
  const url = new URL(context.req.url);
  const path = url.pathname.slice('/session/api'.length);
  const { method, raw } = context.req;
  checkOrigin(context, parts.publicUrl);
  const { api, isPublic } = checkAllowed(path, method);
  const isWrite = method !== 'GET' && method !== 'HEAD';
  if (isWrite) checkWrite(context, parts.publicUrl);
  const session = await findSession(context, parts);
  if (!session && !isPublic) throw new Problem(401, 'session-over', 'You are not logged in. Log in and try again.');
  await (session
    ? spend(parts, `call:${session.key}`, callBucket)
    : spend(parts, `guest:${addressOf(context)}`, guestBucket));
  const body = isWrite && hasBody(raw.headers) ? String(await readBody(callBody, bodySource(context))) : undefined;
  const token = session && parts.accessTokenOf(session);
  // What everybody may read is there after the login is over, too.
  const accessToken = await (isPublic ? token?.catch(() => undefined) : token);
  const gone = goneSignal(context);
  const answer = await forward({
    api,
    apiUrl: parts.apiUrls[api],
    path,
    search: url.search,
    method,
    headers: raw.headers,
    body,
    accessToken,
    ...(!accessToken && { guestAddress: addressOf(context) }),
    signal: session ? parts.streams.begin(session, gone) : gone,
  });
  if (answer.status !== 401) return answer;
  await answer.body?.cancel();
  throw new Problem(401, 'session-over', 'Your login is over. Log in again.');
}

/** Cancelling an order or reading a notice says everything in its path. */
const hasBody = (headers: Headers): boolean =>
  headers.has('transfer-encoding') || headers.has('content-type') || Number(headers.get('content-length') ?? 0) > 0;

async function takeReport(context: PageContext, parts: SessionParts): Promise<Response> {
  await spend(parts, `report:${addressOf(context)}`, reportBucket);
  parts.onReport(String(await readBody(reportBody, bodySource(context))));
  return context.body(null, 204);
}

async function findSession(context: PageContext, parts: SessionParts): Promise<Session | undefined> {
  const id = parts.sessionCookie.read(context);
  return id ? parts.sessions.find(id) : undefined;
}

/** A browser says where every write comes from, and no other site's page can set a header of its own. */
function checkWrite(context: PageContext, publicUrl: string): void {
  checkOrigin(context, publicUrl);
  const isNamed = context.req.header('origin') === publicUrl || context.req.header('sec-fetch-site') === 'same-origin';
  if (!isNamed || context.req.header('x-millrace-page') !== '1') throw foreign();
}

function checkOrigin(context: PageContext, publicUrl: string): void {
  const origin = context.req.header('origin');
  const site = context.req.header('sec-fetch-site');
  if ((origin !== undefined && origin !== publicUrl) || site === 'cross-site' || site === 'same-site') throw foreign();
}

const foreign = (): Problem => new Problem(403, 'foreign-origin', 'Only the page itself may call this.');

function isOtherLoopbackName(url: URL, publicUrl: string): boolean {
  const own = new URL(publicUrl);
  const names = ['localhost', '127.0.0.1', '[::1]'];
  return url.hostname !== own.hostname && names.includes(url.hostname) && names.includes(own.hostname);
}

async function spend(
  parts: SessionParts,
  key: string,
  limits: { capacity: number; refillPerSecond: number },
): Promise<void> {
  const state = await parts.store.take({ key: `dashboard:${key}`, ...limits }, 1);
  if (state.allowed) return;
  const seconds = String(Math.max(1, Math.ceil(state.retryAfterMs / 1000)));
  throw new Problem(429, 'too-many-requests', `Too many requests. Wait ${seconds} s.`, {
    headers: {
      'retry-after': seconds,
      'ratelimit-limit': String(limits.capacity),
      'ratelimit-remaining': '0',
      'ratelimit-reset': seconds,
    },
  });
}

const addressOf = (context: PageContext): string =>
  clientAddressOf(context.req.header('x-forwarded-for') ?? null, context.env?.incoming);

/** Fires when the browser is gone. */
function goneSignal(context: PageContext): AbortSignal {
  const outgoing = context.env?.outgoing;
  if (!outgoing) return context.req.raw.signal;
  const controller = new AbortController();
  if (outgoing.destroyed) controller.abort();
  outgoing.once('close', () => controller.abort());
  return controller.signal;
}
