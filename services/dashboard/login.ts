import { createHash } from 'node:crypto';
import { Problem, unavailable } from '@millrace/runtime/problem.ts';
import type { VolatileStore } from '@millrace/runtime/volatile.ts';
import * as oidc from 'openid-client';
import { z } from 'zod';
import { isLoopbackHttp } from './config.ts';
import type { Tokens, User } from './session.ts';

const attemptMs = 10 * 60_000;
const issuerDeadlineSeconds = 8;
const defaultTokenSeconds = 300;

const attempt = z.object({ verifier: z.string(), nonce: z.string(), returnTo: z.string(), binding: z.string() });

export interface LoginParts {
  issuerUrl: string;
  clientId: string;
  scopes: string;
  publicUrl: string;
  store: VolatileStore;
  nowMs(): number;
}

/** The authorization code flow with PKCE. Attempts are kept in the server and bound to the browser that began them. */
export interface Login {
  /** @returns the issuer's page to send the browser to. */
  start(request: { returnTo: string; binding: string; isFresh: boolean }): Promise<URL>;
  /** Takes the issuer's answer. @throws Problem 400 or 403 when it is not the answer to an attempt of this browser. */
  finish(answer: { url: URL; binding: string | undefined }): Promise<{ user: User; tokens: Tokens; returnTo: string }>;
  /** @throws Problem 401 when the issuer says that the login is over, 503 when it does not answer. */
  refresh(refreshToken: string): Promise<Tokens>;
  /** Tells the issuer that a refresh token is not used any more, if it wants to know. */
  revoke(refreshToken: string): Promise<void>;
}

/** Speaks to the OpenID Connect issuer: Cognito in the cloud, the local one on a laptop. */
export function createLogin(parts: LoginParts): Login {
  const { store, publicUrl } = parts;
  const redirectUri = `${publicUrl}/session/callback`;
  const discover = discoverOnce(parts);
  return {
    start: async ({ returnTo, binding, isFresh }) => {
      const issuer = await discover();
      const state = oidc.randomState();
      const nonce = oidc.randomNonce();
      const verifier = oidc.randomPKCECodeVerifier();
      const kept = JSON.stringify({ verifier, nonce, returnTo, binding: digest(binding) });
      await store.set(`dashboard:login:${state}`, kept, attemptMs);
      return oidc.buildAuthorizationUrl(issuer, {
        redirect_uri: redirectUri,
        scope: parts.scopes,
        state,
        nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...(isFresh && { prompt: 'login' }),
      });
    },
    finish: async ({ url, binding }) => {
      const state = url.searchParams.get('state') ?? '';
      const key = `dashboard:login:${state}`;
      const kept = await store.get(key);
      await store.delete(key);
      if (!kept) throw new Problem(400, 'login-expired', 'This login took too long or was already used. Start again.');
      const { verifier, nonce, returnTo, binding: owner } = attempt.parse(JSON.parse(kept));
      if (!binding || digest(binding) !== owner) {
        throw new Problem(403, 'login-foreign', 'This login was begun in another browser. Start again.');
      }
      const issuer = await discover();
      const current = new URL(redirectUri + url.search);
      const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
      const answer = await oidc.authorizationCodeGrant(issuer, current, checks).catch(refuseLogin);
      return {
        user: { ...userOf(answer.claims()), scopes: scopesOf(answer) },
        tokens: tokensOf(answer, parts.nowMs()),
        returnTo,
      };
    },
    refresh: async (refreshToken) => {
      const issuer = await discover();
      const answer = await oidc.refreshTokenGrant(issuer, refreshToken).catch(refuseRefresh);
      return { refresh: refreshToken, ...tokensOf(answer, parts.nowMs()) };
    },
    revoke: async (refreshToken) => {
      const issuer = await discover();
      if (issuer.serverMetadata().revocation_endpoint) await oidc.tokenRevocation(issuer, refreshToken);
    },
  };
}

/** The issuer may start after us: what failed is tried again by the next login. */
function discoverOnce(parts: LoginParts): () => Promise<oidc.Configuration> {
  let known: Promise<oidc.Configuration> | undefined;
  const options = {
    timeout: issuerDeadlineSeconds,
    ...(isLoopbackHttp(parts.issuerUrl) && { execute: [oidc.allowInsecureRequests] }),
  };
  return () => {
    known ??= oidc
      .discovery(new URL(parts.issuerUrl), parts.clientId, undefined, oidc.None(), options)
      .catch((error: unknown) => {
        known = undefined;
        throw unavailable('The identity provider does not answer. Try again.', error);
      });
    return known;
  };
}

function userOf(claims: oidc.IDToken | undefined): Omit<User, 'scopes'> {
  const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
  const email = text(claims?.['email']) ?? '';
  const name = text(claims?.['name']) ?? text(claims?.['cognito:username']) ?? email;
  return { name: name || 'You', email };
}

const scopeClaim = z.object({ scope: z.string() });

/** What was granted: as the access token says, which is what the APIs look at, else as the answer says. */
function scopesOf(answer: oidc.TokenEndpointResponse): string[] {
  const claims = scopeClaim.safeParse(payloadOf(answer.access_token));
  const text = claims.success ? claims.data.scope : (answer.scope ?? '');
  return text.split(' ').filter(Boolean);
}

/** Read for what the page shows only: it comes from the issuer by TLS, and nothing is allowed because of it. */
function payloadOf(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

function tokensOf(answer: oidc.TokenEndpointResponse, nowMs: number): Tokens {
  return {
    access: answer.access_token,
    accessExpiresAtMs: nowMs + (answer.expires_in ?? defaultTokenSeconds) * 1000,
    ...(answer.refresh_token && { refresh: answer.refresh_token }),
  };
}

function refuseLogin(cause: unknown): never {
  if (cause instanceof oidc.AuthorizationResponseError) {
    throw new Problem(403, 'login-refused', 'The identity provider did not log you in.', { cause });
  }
  if (cause instanceof oidc.ResponseBodyError || cause instanceof oidc.ClientError) {
    if (!isAway(cause))
      throw new Problem(400, 'login-expired', 'This login could not be completed. Start again.', { cause });
  }
  throw unavailable('The identity provider does not answer. Try again.', cause);
}

function refuseRefresh(cause: unknown): never {
  if (cause instanceof oidc.ResponseBodyError && cause.status < 500) {
    throw new Problem(401, 'session-over', 'Your login is over. Log in again.', { cause });
  }
  throw unavailable('The identity provider does not answer. Try again.', cause);
}

/** A time-out and a 5xx are the issuer's trouble; everything else says that the answer was not good. */
function isAway(error: oidc.ResponseBodyError | oidc.ClientError): boolean {
  if (error instanceof oidc.ResponseBodyError) return error.status >= 500;
  return error.code === 'OAUTH_TIMEOUT';
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url');
