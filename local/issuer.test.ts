import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTokenVerifier } from '@millrace/runtime/auth.ts';
import type { JSONWebKeySet } from 'jose';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { developer } from './developer.ts';
import type { Gateway } from './gateway.ts';
import { createGateway } from './gateway.ts';
import type { Issuer } from './issuer.ts';
import { createIssuer } from './issuer.ts';
import { findFreePort } from './ports.ts';

const verifierOfCode = 'a'.repeat(64);
const scopes = ['analytics:read', 'analytics:write'];
let dataDir: string;
let origin: string;
let issuer: Issuer;
let gateway: Gateway;
let port: number;

async function open(): Promise<void> {
  issuer = await createIssuer({ origin, otherOrigins: [`http://127.0.0.1:${port}`], scopes, dataDir });
  gateway = createGateway({ routes: [], local: issuer.handle });
  await gateway.listen(port, ['127.0.0.1']);
}

async function close(): Promise<void> {
  await gateway.close();
  await issuer.close();
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'millrace-issuer-'));
  port = await findFreePort();
  origin = `http://localhost:${port}`;
  await open();
});

afterAll(async () => {
  await close();
  await rm(dataDir, { recursive: true, force: true });
});

/** A browser as far as a login needs one: cookies by name, redirects by hand. */
function createBrowser() {
  const cookies = new Map<string, string>();
  return async (url: string, init: RequestInit = {}): Promise<Response> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(new URL(url, origin), {
      ...init,
      redirect: 'manual',
      headers: { ...(init.headers as Record<string, string>), cookie },
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    return response;
  };
}

const locationOf = (response: Response): string => {
  const location = response.headers.get('location');
  if (!location) throw new Error(`no redirect: ${response.status}`);
  return location;
};

function authorizeUrl(extra: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    client_id: 'millrace-dashboard',
    redirect_uri: `${origin}/session/callback`,
    response_type: 'code',
    scope: ['openid', 'email', 'profile', ...scopes].join(' '),
    state: 'kept',
    code_challenge: createHash('sha256').update(verifierOfCode).digest('base64url'),
    code_challenge_method: 'S256',
    ...extra,
  });
  return `/local/oidc/authorize?${query}`;
}

async function logIn(browser: ReturnType<typeof createBrowser>, form: Record<string, string>): Promise<URL> {
  const page = locationOf(await browser(authorizeUrl()));
  const chosen = await browser(page, { method: 'POST', body: new URLSearchParams(form) });
  return new URL(locationOf(await browser(locationOf(chosen))));
}

async function exchange(form: Record<string, string>): Promise<Response> {
  const body = new URLSearchParams({ client_id: 'millrace-dashboard', ...form });
  return fetch(`${origin}/local/oidc/token`, { method: 'POST', body });
}

const codeGrant = (code: string, verifier = verifierOfCode): Record<string, string> => ({
  grant_type: 'authorization_code',
  code,
  code_verifier: verifier,
  redirect_uri: `${origin}/session/callback`,
});

const keySet = async (): Promise<JSONWebKeySet> =>
  (await (await fetch(`${origin}/local/oidc/jwks`)).json()) as JSONWebKeySet;

async function claimsOf(token: string) {
  const options = { issuer: `${origin}/local/oidc`, algorithms: ['RS256'] };
  return (await jwtVerify(token, createLocalJWKSet(await keySet()), options)).payload;
}

const askToken = (body: unknown, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
  fetch(`${origin}/local/token`, { method: 'POST', headers, body: JSON.stringify(body) });

test('one click logs the developer in, and the access token has the claims of Cognito', async () => {
  const browser = createBrowser();
  const callback = await logIn(browser, { sub: developer.sub });
  expect(callback.origin + callback.pathname).toBe(`${origin}/session/callback`);
  expect(callback.searchParams.get('state')).toBe('kept');

  const response = await exchange(codeGrant(callback.searchParams.get('code') ?? ''));
  const tokens = (await response.json()) as Record<string, string>;
  expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 600 });
  const access = await claimsOf(tokens['access_token'] ?? '');
  expect(access).toMatchObject({
    iss: `${origin}/local/oidc`,
    sub: developer.sub,
    client_id: 'millrace-dashboard',
    token_use: 'access',
    scope: scopes.join(' '),
    origin_jti: expect.any(String),
  });
  expect(Number(access.exp) - Number(access.iat)).toBe(600);
  const identity = await claimsOf(tokens['id_token'] ?? '');
  expect(identity).toMatchObject({ email: developer.email, name: developer.name, token_use: 'id' });

  const renewed = await exchange({ grant_type: 'refresh_token', refresh_token: tokens['refresh_token'] ?? '' });
  const next = await claimsOf(((await renewed.json()) as Record<string, string>)['access_token'] ?? '');
  expect(next).toMatchObject({ sub: developer.sub, origin_jti: access['origin_jti'], scope: scopes.join(' ') });
});

test('a code is good for nothing with another verifier', async () => {
  const callback = await logIn(createBrowser(), { sub: developer.sub });
  const response = await exchange(codeGrant(callback.searchParams.get('code') ?? '', 'b'.repeat(64)));
  expect(response.status).toBe(400);
});

test('an authorization without PKCE or for another page is refused', async () => {
  const browser = createBrowser();
  const elsewhere = await browser(authorizeUrl({ redirect_uri: 'https://evil.example/callback' }));
  expect(elsewhere.status).toBe(400);
  const plain = await browser(authorizeUrl({ code_challenge: '', code_challenge_method: '' }));
  expect(new URL(locationOf(plain)).searchParams.get('error')).toBe('invalid_request');
});

test('a new account is made from a name and an address, and keeps its subject', async () => {
  const form = { name: 'Ada <b>Lovelace</b>', email: 'ada@example.com' };
  const first = await exchange(codeGrant((await logIn(createBrowser(), form)).searchParams.get('code') ?? ''));
  const again = await exchange(codeGrant((await logIn(createBrowser(), form)).searchParams.get('code') ?? ''));
  const subjects = await Promise.all(
    [first, again].map(async (response) => {
      const tokens = (await response.json()) as Record<string, string>;
      return (await claimsOf(tokens['access_token'] ?? '')).sub;
    }),
  );
  expect(subjects[0]).toBe(subjects[1]);
  expect(subjects[0]).not.toBe(developer.sub);

  const browser = createBrowser();
  const page = await browser(locationOf(await browser(authorizeUrl())));
  const html = await page.text();
  expect(html).toContain('Continue as Ada &lt;b&gt;Lovelace&lt;/b&gt;');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  expect(html).not.toMatch(/<script|style=|<style/);
});

test('a form without a proper address is shown again with the reason', async () => {
  const browser = createBrowser();
  const page = locationOf(await browser(authorizeUrl()));
  const response = await browser(page, { method: 'POST', body: new URLSearchParams({ name: 'Bo', email: 'bo' }) });
  expect(response.status).toBe(422);
  expect(await response.text()).toContain('Write an e-mail address');
});

test('a page of another origin cannot choose an account', async () => {
  const browser = createBrowser();
  const page = locationOf(await browser(authorizeUrl()));
  const response = await browser(page, {
    method: 'POST',
    headers: { origin: 'https://evil.example' },
    body: new URLSearchParams({ sub: developer.sub }),
  });
  expect(response.status).toBe(403);
});

test('sessions, refresh tokens and keys outlive a restart', async () => {
  const callback = await logIn(createBrowser(), { sub: developer.sub });
  const response = await exchange(codeGrant(callback.searchParams.get('code') ?? ''));
  const tokens = (await response.json()) as Record<string, string>;
  const before = await keySet();
  await close();
  await open();
  expect(await keySet()).toEqual(before);
  const renewed = await exchange({ grant_type: 'refresh_token', refresh_token: tokens['refresh_token'] ?? '' });
  expect(renewed.status).toBe(200);
});

test('keys change once a day, and the next one is published a day before it signs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-keys-'));
  const day = 24 * 60 * 60_000;
  const { openKeys } = await import('./issuer-keys.ts');
  let time = Date.now();
  const keys = await openKeys(join(folder, 'keys.json'), () => time);
  const [signing, next] = keys.published().keys.map((key) => key.kid);
  expect(await keys.rotateIfDue()).toBe(false);
  time += day;
  expect(await keys.rotateIfDue()).toBe(true);
  expect((await keys.signer()).kid).toBe(next);
  expect(keys.published().keys.map((key) => key.kid)).toContain(signing);
  expect(JSON.stringify(keys.published())).not.toContain('"d":');
  expect(JSON.parse(await readFile(join(folder, 'keys.json'), 'utf8')).keys).toHaveLength(3);
  await rm(folder, { recursive: true, force: true });
});

test('a test gets a token that our services accept', async () => {
  const response = await askToken({ sub: 'someone', email: 'some@example.com', scopes: ['analytics:read'] });
  expect(response.status).toBe(200);
  const { access_token, ...rest } = (await response.json()) as Record<string, unknown>;
  expect(rest).toEqual({ token_type: 'Bearer', expires_in: 600 });
  const verify = createTokenVerifier({
    issuer: `${origin}/local/oidc`,
    jwksUrl: `${origin}/local/oidc/jwks`,
    clientIds: ['millrace-test'],
    clock: { now: () => new Date() },
  });
  expect(await verify(`Bearer ${access_token}`)).toEqual({
    sub: 'someone',
    clientId: 'millrace-test',
    scopes: ['analytics:read'],
  });
  const expired = await askToken({ sub: 'someone', scopes: [], expiresInSeconds: -60 });
  const old = ((await expired.json()) as Record<string, string>)['access_token'];
  await expect(verify(`Bearer ${old}`)).rejects.toMatchObject({ status: 401 });
});

test.each([
  ['no body', '', 400, 'body-required'],
  ['broken JSON', '{', 400, 'malformed-json'],
  ['an unknown field', '{"sub":"a","admin":true}', 422, 'unknown-field'],
  ['no subject', '{}', 422, 'required'],
  ['a scope with a space', '{"sub":"a","scopes":["a b"]}', 422, 'format-regex'],
  ['a life of a day', '{"sub":"a","expiresInSeconds":86400}', 422, 'range'],
  ['ten kilobytes', `{"sub":"${'a'.repeat(10_000)}"}`, 413, 'content-too-large'],
])('a token request with %s is refused', async (_what, body, status, slug) => {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${origin}/local/token`, { method: 'POST', headers, body });
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  expect(await response.json()).toMatchObject({ status, type: expect.stringMatching(new RegExp(`/${slug}$`)) });
});

test('a token request by a simple form, by GET or under a foreign name is refused', async () => {
  expect((await askToken({ sub: 'a' }, { 'content-type': 'text/plain' })).status).toBe(415);
  expect((await fetch(`${origin}/local/token`)).status).toBe(405);
  const { request } = await import('node:http');
  const status = await new Promise((resolve) => {
    request({ port, host: '127.0.0.1', path: '/local/oidc/jwks', headers: { host: 'rebound.example' } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).end();
  });
  expect(status).toBe(404);
});
