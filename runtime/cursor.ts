import type { KeyObject } from 'node:crypto';
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';
import type { Keyring } from './keyring.ts';

const tagBytes = 16;

// A process knows a few keys; making the key object costs five times as much as signing with it.
const maxKeys = 16;
const keyObjects = new Map<string, KeyObject>();

function keyObjectOf(key: string): KeyObject {
  const known = keyObjects.get(key);
  if (known) return known;
  if (keyObjects.size >= maxKeys) keyObjects.clear();
  const made = createSecretKey(key, 'utf8');
  keyObjects.set(key, made);
  return made;
}

function tagOf(key: string, purpose: string, payload: Buffer): Buffer {
  return createHmac('sha256', keyObjectOf(key))
    .update(purpose)
    .update('\0')
    .update(payload)
    .digest()
    .subarray(0, tagBytes);
}

/** Makes an opaque, signed, URL-safe token. `purpose` keeps a token of one use from passing for another. */
export function signToken(keys: Keyring, purpose: string, payload: string): string {
  const bytes = Buffer.from(payload, 'utf8');
  return Buffer.concat([tagOf(keys.current(), purpose, bytes), bytes]).toString('base64url');
}

/** Gives back the payload of a token that `signToken` made with a key of this ring and the same purpose; otherwise nothing. */
export async function openToken(keys: Keyring, purpose: string, token: string): Promise<string | undefined> {
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length <= tagBytes || bytes.toString('base64url') !== token) return undefined;
  const tag = bytes.subarray(0, tagBytes);
  const payload = bytes.subarray(tagBytes);
  const isOurs = await keys.verify((key) => timingSafeEqual(tag, tagOf(key, purpose, payload)));
  return isOurs ? payload.toString('utf8') : undefined;
}
