import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '@millrace/runtime/ports.ts';
import { Problem } from '@millrace/runtime/problem.ts';
import type { VolatileStore } from '@millrace/runtime/volatile.ts';
import type { Login } from './login.ts';
import type { Session, Sessions, Tokens } from './session.ts';

const renewBeforeMs = 60_000;
const claimMs = 10_000;
const pollMs = 100;
const maxPolls = 60;

/** Gives the access token of a session, renewed when it is about to end. */
export type AccessTokenOf = (session: Session) => Promise<string>;

/** One refresh at a time for each session: in this process by a shared promise, among replicas by a claim in the store. */
export function createAccessTokens(parts: {
  store: VolatileStore;
  sessions: Sessions;
  login: Pick<Login, 'refresh'>;
  random: Random;
  nowMs(): number;
}): AccessTokenOf {
  const running = new Map<string, Promise<Tokens>>();
  const isFresh = (tokens: Tokens): boolean => tokens.accessExpiresAtMs - parts.nowMs() > renewBeforeMs;
  const refresh = async (session: Session, old: Tokens): Promise<Tokens> => {
    if (!old.refresh) throw over();
    const claim = `dashboard:refresh:${session.key}`;
    const ours = parts.random.uuid();
    if ((await parts.store.setIfAbsent(claim, ours, claimMs)) !== ours) return waitForOther(session, old);
    try {
      const next = await parts.login.refresh(old.refresh);
      await parts.sessions.saveTokens(session, next);
      return next;
    } finally {
      await parts.store.delete(claim);
    }
  };
  const waitForOther = async (session: Session, old: Tokens): Promise<Tokens> => {
    for (let polls = 0; polls < maxPolls; polls += 1) {
      await pause(pollMs);
      const now = await parts.sessions.readTokens(session.key);
      if (!now) throw over();
      if (now.access !== old.access) return now;
    }
    throw new DOMException('another replica refreshes the token', 'TimeoutError');
  };
  return async (session) => {
    const tokens = await parts.sessions.readTokens(session.key);
    if (!tokens) throw over();
    if (isFresh(tokens)) return tokens.access;
    let next = running.get(session.key);
    if (!next) {
      next = refresh(session, tokens).finally(() => running.delete(session.key));
      running.set(session.key, next);
    }
    try {
      return (await next).access;
    } catch (error) {
      // The issuer is away, but what we have still holds for some seconds.
      if (isAway(error) && tokens.accessExpiresAtMs > parts.nowMs()) return tokens.access;
      throw error;
    }
  };
}

const isAway = (error: unknown): boolean => !(error instanceof Problem) || error.status >= 500;

const over = (): Problem => new Problem(401, 'session-over', 'Your login is over. Log in again.');
