import type { JSONWebKeySet, JWTPayload } from 'jose';
import { createLocalJWKSet, errors, jwtVerify } from 'jose';
import type { Clock } from './ports.ts';
import { Problem, unavailable } from './problem.ts';

/** Who calls, as the access token says. */
export interface Subject {
  sub: string;
  clientId: string;
  scopes: readonly string[];
}

/** Nobody: what a public route sees. */
export const anonymous: Subject = { sub: '', clientId: '', scopes: [] };

export type VerifyToken = (authorization: string | undefined) => Promise<Subject>;

interface TokenRules {
  issuer: string;
  /** The fixed address of the issuer's keys. A token's own `jku` is never followed. */
  jwksUrl: string;
  clientIds: readonly string[];
  clock: Clock;
}

const keysTimeoutMs = 3_000;
const keysMaxAgeMs = 10 * 60_000;
const keysCooldownMs = 10_000;
const leewaySeconds = 30;

/**
 * Checks access tokens: RS256 only, `iss`, `exp`, `nbf`, `token_use=access`, `client_id`.
 * The verifier throws Problem 401 for a bad token and 503 when no key was ever to be had.
 */
export function createTokenVerifier(rules: TokenRules): VerifyToken {
  const keys = keySource(rules);
  return async (authorization) => {
    const token = bearerToken(authorization);
    const payload = await verify(token, keys, rules);
    const clientId = payload.client_id;
    if (payload.token_use !== 'access') throw unauthorized('invalid-token', 'This is not an access token.');
    if (typeof clientId !== 'string' || !rules.clientIds.includes(clientId)) {
      throw unauthorized('invalid-token', 'The token was made for another client.');
    }
    if (!payload.sub) throw unauthorized('invalid-token', 'The token names nobody.');
    const scope = payload.scope;
    return { sub: payload.sub, clientId, scopes: typeof scope === 'string' ? scope.split(' ') : [] };
  };
}

/** @throws Problem 403 when the subject has not the scope. */
export function requireScope(subject: Subject, scope: string): void {
  if (subject.scopes.includes(scope)) return;
  throw new Problem(403, 'insufficient-scope', `This needs the scope ${scope}.`, {
    headers: { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
  });
}

function bearerToken(authorization: string | undefined): string {
  const match = /^Bearer ([A-Za-z0-9._~+/=-]+)$/i.exec(authorization ?? '');
  if (!match?.[1]) throw unauthorized('token-required', 'Send an access token: Authorization: Bearer <token>.');
  return match[1];
}

async function verify(token: string, keys: KeySource, rules: TokenRules): Promise<JWTPayload> {
  const options = {
    algorithms: ['RS256'],
    issuer: rules.issuer,
    clockTolerance: leewaySeconds,
    currentDate: rules.clock.now(),
    requiredClaims: ['exp', 'iss', 'sub'],
  };
  const attempt = async (jwks: JSONWebKeySet) => (await jwtVerify(token, keyFinderOf(jwks), options)).payload;
  try {
    return await attempt(await keys.current());
  } catch (error) {
    if (error instanceof Problem) throw error;
    if (!(error instanceof errors.JWKSNoMatchingKey)) throw refused(error);
  }
  try {
    return await attempt(await keys.renewed());
  } catch (error) {
    throw error instanceof Problem ? error : refused(error);
  }
}

type KeyFinder = ReturnType<typeof createLocalJWKSet>;
const keyFinders = new WeakMap<JSONWebKeySet, KeyFinder>();

/** Keys are imported once for a set, not for each request: that costs more than checking a signature. */
function keyFinderOf(jwks: JSONWebKeySet): KeyFinder {
  const known = keyFinders.get(jwks);
  if (known) return known;
  const made = createLocalJWKSet(jwks);
  keyFinders.set(jwks, made);
  return made;
}

function refused(cause: unknown): Problem {
  const reason = cause instanceof errors.JWTExpired ? 'The token has expired.' : 'The token is not valid.';
  return unauthorized('invalid-token', reason, cause);
}

function unauthorized(slug: string, detail: string, cause?: unknown): Problem {
  const challenge = slug === 'invalid-token' ? 'Bearer error="invalid_token"' : 'Bearer';
  return new Problem(401, slug, detail, { headers: { 'www-authenticate': challenge }, cause });
}

interface KeySource {
  current(): Promise<JSONWebKeySet>;
  /** Asks the issuer again, because a token names a key that is not known; at most every ten seconds. */
  renewed(): Promise<JSONWebKeySet>;
}

function keySource(rules: TokenRules): KeySource {
  let kept: { jwks: JSONWebKeySet; at: number } | undefined;
  let askedAt = Number.NEGATIVE_INFINITY;
  let pending: Promise<JSONWebKeySet> | undefined;
  const ask = (): Promise<JSONWebKeySet> => {
    pending ??= fetchKeys(rules.jwksUrl)
      .then((jwks) => {
        kept = { jwks, at: rules.clock.now().getTime() };
        return jwks;
      })
      .catch((cause: unknown) => {
        if (kept) return kept.jwks;
        throw unavailable('The identity provider does not answer.', cause);
      })
      .finally(() => {
        pending = undefined;
      });
    return pending;
  };
  const askSometimes = async (): Promise<JSONWebKeySet> => {
    const now = rules.clock.now().getTime();
    if (kept && now - askedAt < keysCooldownMs) return kept.jwks;
    askedAt = now;
    return ask();
  };
  return {
    current: async () => {
      if (!kept) return ask();
      if (rules.clock.now().getTime() - kept.at > keysMaxAgeMs) return askSometimes();
      return kept.jwks;
    },
    renewed: askSometimes,
  };
}

async function fetchKeys(url: string): Promise<JSONWebKeySet> {
  const response = await fetch(url, { signal: AbortSignal.timeout(keysTimeoutMs), redirect: 'error' });
  if (!response.ok) throw new Error(`the issuer's keys: status ${response.status}`);
  return (await response.json()) as JSONWebKeySet;
}
