import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { parseJsonBody } from '@millrace/runtime/json-body.ts';
import { Problem } from '@millrace/runtime/problem.ts';
import { validate } from '@millrace/runtime/validation.ts';
import { SignJWT } from 'jose';
import { z } from 'zod';
import { readSmallBody } from './issuer-answer.ts';
import type { IssuerKeys } from './issuer-keys.ts';

/** The page's client, and the one that `POST /local/token` speaks for. */
export const dashboardClientId = 'millrace-dashboard';
export const testClientId = 'millrace-test';
export const accessTokenSeconds = 600;

const scopeForm = /^[\x21\x23-\x5b\x5d-\x7e]{1,64}$/;

/** What a test asks for. The last three make tokens that a service must refuse. */
const tokenRequest = z.strictObject({
  sub: z.string().min(1).max(128),
  email: z.email().max(254).optional(),
  /** A list, or one text with blanks between, as OAuth writes scopes. */
  scopes: z.preprocess(
    (scopes) => (typeof scopes === 'string' ? scopes.split(' ').filter(Boolean) : scopes),
    z.array(z.string().regex(scopeForm)).max(50).default([]),
  ),
  clientId: z.string().min(1).max(128).default(testClientId),
  tokenUse: z.enum(['access', 'id']).default('access'),
  expiresInSeconds: z.int().min(-accessTokenSeconds).max(accessTokenSeconds).default(accessTokenSeconds),
});

/** The claims of Cognito's access tokens that depend on a login. Source: "Understanding the access token", Cognito developer guide. */
export function accessClaims(login: { sub: string; originJti: string; atSeconds: number }): Record<string, unknown> {
  return { token_use: 'access', origin_jti: login.originJti, auth_time: login.atSeconds, username: login.sub };
}

/** Answers `POST /local/token`. @throws Problem for a request that is not valid. */
export async function issueToken(
  incoming: IncomingMessage,
  options: { issuer: string; keys: IssuerKeys; now: () => number },
): Promise<{ access_token: string; token_type: 'Bearer'; expires_in: number }> {
  const type = incoming.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json' || incoming.headers['content-encoding']) {
    throw new Problem(415, 'unsupported-media-type', 'Send application/json without a content encoding.');
  }
  const wanted = validate(tokenRequest, parseJsonBody(await readSmallBody(incoming)), { what: 'body' });
  const { kid, key } = await options.keys.signer();
  const atSeconds = Math.floor(options.now() / 1000);
  const claims = accessClaims({ sub: wanted.sub, originJti: randomUUID(), atSeconds });
  const token = await new SignJWT({
    ...claims,
    token_use: wanted.tokenUse,
    client_id: wanted.clientId,
    scope: wanted.scopes.join(' '),
    ...(wanted.tokenUse === 'id' && wanted.email && { email: wanted.email }),
  })
    .setProtectedHeader({ alg: 'RS256', kid })
    .setSubject(wanted.sub)
    .setIssuer(options.issuer)
    .setJti(randomUUID())
    .setIssuedAt(Math.min(atSeconds, atSeconds + wanted.expiresInSeconds - 1))
    .setExpirationTime(atSeconds + wanted.expiresInSeconds)
    .sign(key);
  return { access_token: token, token_type: 'Bearer', expires_in: wanted.expiresInSeconds };
}
