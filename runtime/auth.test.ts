import { createServer } from 'node:http';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTokenVerifier } from './auth.ts';
import { systemClock } from './ports.ts';
import {
  id,
  issuer,
  jwksUrl,
  outcome,
  publicKey,
  raw,
  server,
  startNotes,
  stopNotes,
  token,
} from './testing/notes-app.ts';

beforeAll(startNotes);
afterAll(stopNotes);

describe('the token', () => {
  const call = async (authorization?: string) =>
    fetch(`${server.url}/api/notes/${id}`, authorization ? { headers: { authorization } } : {});
  it('says who calls, and the right-most hop says from where', async () => {
    const headers = { authorization: `Bearer ${await token()}`, 'x-forwarded-for': '1.2.3.4, 203.0.113.9' };
    const response = await fetch(`${server.url}/api/notes/${id}`, { headers });
    expect(await response.json()).toEqual({ id, sub: 'ada', clientAddress: '203.0.113.9' });
  });
  it('B27 is needed', async () => {
    const response = await call();
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(response.status).toBe(401);
    expect((await call('Basic YTpi')).status).toBe(401);
  });
  it('B27 stands once', async () => {
    const line = `Authorization: Bearer ${await token()}\r\n`;
    expect(await raw(`GET /api/notes/${id} HTTP/1.1\r\nHost: a\r\n${line}${line}\r\n`)).toMatch(/^HTTP\/1.1 401 /);
  });
  it('B28 must be signed with RS256 by a known key', async () => {
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"ada"}').toString('base64url')}.`;
    expect((await call(`Bearer ${unsigned}`)).status).toBe(401);
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const forged = await new SignJWT({ token_use: 'access', client_id: 'page', sub: 'ada', iss: issuer })
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode(pem));
    expect((await call(`Bearer ${forged}`)).status).toBe(401);
    expect((await call(`Bearer ${await token({}, { kid: 'other', jku: 'http://evil.example' })}`)).status).toBe(401);
  });
  it.each([
    ['expired', { exp: 1_000_000_000 }],
    ['not valid yet', { nbf: 9_999_999_999 }],
    ['from another issuer', { iss: 'http://evil.example' }],
    ['for another client', { client_id: 'other' }],
    ['an ID token', { token_use: 'id' }],
  ])('B29 is refused when it is %s', async (_, claims) => {
    const response = await call(`Bearer ${await token(claims)}`);
    expect(await outcome(response)).toEqual({ status: 401, slug: 'invalid-token' });
  });
  it('B31 must have the scope', async () => {
    const response = await call(`Bearer ${await token({ scope: 'other' })}`);
    expect(await outcome(response)).toEqual({ status: 403, slug: 'insufficient-scope' });
  });
  it('B32 is refused with 503 when there was never a key, and checked by kept keys later', async () => {
    const rules = { issuer, clientIds: ['page'], clock: systemClock };
    const never = createTokenVerifier({ ...rules, jwksUrl: 'http://127.0.0.1:9/' });
    await expect(never(`Bearer ${await token()}`)).rejects.toMatchObject({ status: 503 });
    let nowMs = Date.now();
    const moving = { now: () => new Date(nowMs) };
    let isUp = true;
    const flaky = createServer((_, response) => {
      if (!isUp) return response.destroy();
      return void fetch(jwksUrl).then(async (answer) => response.end(await answer.text()));
    });
    await new Promise<void>((resolve) => flaky.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(flaky.address() as { port: number }).port}/`;
    const verify = createTokenVerifier({ ...rules, jwksUrl: url, clock: moving });
    const longLived = `Bearer ${await token({ exp: Math.floor(nowMs / 1000) + 7_200 })}`;
    await verify(longLived);
    isUp = false;
    nowMs += 3_600_000;
    await expect(verify(longLived)).resolves.toMatchObject({ sub: 'ada' });
    flaky.close();
  });
});
