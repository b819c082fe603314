import { createHash } from 'node:crypto';
import type { Random } from '@millrace/runtime/ports.ts';
import type { VolatileStore } from '@millrace/runtime/volatile.ts';
import { z } from 'zod';

export const idleMs = 30 * 60_000;
export const absoluteMs = 12 * 60 * 60_000;

/** `scopes` say what the page offers; what is allowed is the APIs' to say. */
const user = z.object({ name: z.string(), email: z.string(), scopes: z.array(z.string()).default([]) });
export type User = z.output<typeof user>;

const tokens = z.object({ access: z.string(), accessExpiresAtMs: z.number(), refresh: z.string().optional() });
export type Tokens = z.output<typeof tokens>;

const record = z.object({ user, endsAtMs: z.number() });

/** A login as the server keeps it. `key` is a digest: what the store holds cannot be sent as a cookie. */
export interface Session {
  key: string;
  user: User;
  endsAtMs: number;
}

export interface Sessions {
  /** @returns the new id, for the cookie. */
  open(login: { user: User; tokens: Tokens }): Promise<string>;
  /** The session of a cookie, unless it is over. Counts as a sign of life. */
  find(id: string): Promise<Session | undefined>;
  readTokens(key: string): Promise<Tokens | undefined>;
  /** Keeps refreshed tokens. They open no session: one that ended meanwhile stays ended. */
  saveTokens(session: Session, tokens: Tokens): Promise<void>;
  end(key: string): Promise<void>;
}

/**
 * Three entries a session. `session` is written once and never again, so its lifetime is the absolute limit and
 * nothing can bring an ended one back; `seen` lives for the idle limit and is renewed; `tokens` are replaced at each refresh.
 */
export function createSessions(parts: { store: VolatileStore; random: Random; nowMs: () => number }): Sessions {
  const { store, random, nowMs } = parts;
  const readTokens = async (key: string): Promise<Tokens | undefined> =>
    parse(tokens, await store.get(`dashboard:tokens:${key}`));
  return {
    open: async (login) => {
      const id = Buffer.from(random.bytes(32)).toString('base64url');
      const key = keyOf(id);
      const opened = JSON.stringify({ user: login.user, endsAtMs: nowMs() + absoluteMs });
      await Promise.all([
        store.set(`dashboard:session:${key}`, opened, absoluteMs),
        store.set(`dashboard:seen:${key}`, '1', idleMs),
        store.set(`dashboard:tokens:${key}`, JSON.stringify(login.tokens), absoluteMs),
      ]);
      return id;
    },
    find: async (id) => {
      const key = keyOf(id);
      const [opened, seen] = await Promise.all([
        store.get(`dashboard:session:${key}`),
        store.get(`dashboard:seen:${key}`),
      ]);
      const found = parse(record, opened);
      if (!found || !seen || found.endsAtMs <= nowMs()) return undefined;
      await store.set(`dashboard:seen:${key}`, '1', idleMs);
      return { key, ...found };
    },
    readTokens,
    saveTokens: (session, next) =>
      store.set(`dashboard:tokens:${session.key}`, JSON.stringify(next), Math.max(1, session.endsAtMs - nowMs())),
    end: async (key) => {
      await store.delete(`dashboard:session:${key}`);
      await Promise.all([store.delete(`dashboard:seen:${key}`), store.delete(`dashboard:tokens:${key}`)]);
    },
  };
}

const keyOf = (id: string): string => createHash('sha256').update(id).digest('base64url');

function parse<Schema extends z.ZodType>(schema: Schema, text: string | undefined): z.output<Schema> | undefined {
  if (text === undefined) return undefined;
  const parsed = schema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : undefined;
}
