import { randomBytes } from 'node:crypto';
import type { CryptoKey, JWK } from 'jose';
import { exportJWK, generateKeyPair, importJWK } from 'jose';
import { z } from 'zod';
import { readJson, writeAtomically } from './disk-state.ts';
import { MachineFault } from './fault.ts';

const dayMs = 24 * 60 * 60_000;
const keptKeys = 3;

const keyFile = z.object({
  rotatedAt: z.number(),
  /** The key that signs, the one that will sign next (already published), the one that signed before. */
  keys: z.array(z.looseObject({ kty: z.literal('RSA'), kid: z.string() })).min(2),
  cookieKeys: z.array(z.string()).min(1),
});
type KeyFile = z.output<typeof keyFile>;

/** The issuer's keys. They outlive restarts, and change once a day; the next one is published a day before it signs. */
export interface IssuerKeys {
  /** Private keys, the signing one first. */
  all(): JWK[];
  published(): { keys: JWK[] };
  signer(): Promise<{ kid: string; key: CryptoKey | Uint8Array }>;
  cookieKeys: string[];
  /** @returns true when another key signs from now on. */
  rotateIfDue(): Promise<boolean>;
}

/** Reads the keys from a file, or makes them. */
export async function openKeys(path: string, now: () => number): Promise<IssuerKeys> {
  let state = await readKeys(path);
  if (!state) {
    const keys = await Promise.all([newKey(), newKey()]);
    state = { rotatedAt: now(), keys, cookieKeys: [randomBytes(32).toString('base64url')] };
    await writeAtomically(path, JSON.stringify(state));
  }
  let current: KeyFile = state;
  return {
    all: () => current.keys as JWK[],
    published: () => ({ keys: current.keys.map((key) => publicPart(key as JWK)) }),
    signer: async () => {
      const key = current.keys[0] as JWK & { kid: string };
      return { kid: key.kid, key: await importJWK(key, 'RS256') };
    },
    cookieKeys: current.cookieKeys,
    rotateIfDue: async () => {
      if (now() - current.rotatedAt < dayMs) return false;
      const [old, ...rest] = current.keys;
      if (!old || !rest[0]) return false;
      const keys = [rest[0], await newKey(), old].slice(0, keptKeys);
      current = { ...current, rotatedAt: now(), keys };
      await writeAtomically(path, JSON.stringify(current));
      return true;
    },
  };
}

async function readKeys(path: string): Promise<KeyFile | undefined> {
  const text = await readJson(path);
  if (text === undefined) return undefined;
  const parsed = keyFile.safeParse(text);
  if (!parsed.success)
    throw new MachineFault(`${path} is damaged. Remove it; everybody logs in once more, nothing else is lost.`);
  return parsed.data;
}

async function newKey(): Promise<JWK & { kty: 'RSA'; kid: string }> {
  const { privateKey } = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, kty: 'RSA', kid: randomBytes(12).toString('base64url'), alg: 'RS256', use: 'sig' };
}

function publicPart(key: JWK): JWK {
  const { kty, kid, alg, use, n, e } = key;
  return { kty, kid, alg, use, n, e } as JWK;
}
