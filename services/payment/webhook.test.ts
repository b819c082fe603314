import { execFileSync } from 'node:child_process';
import type { Keyring } from '@millrace/runtime/keyring.ts';
import { keyring } from '@millrace/runtime/keyring.ts';
import { expect, test } from 'vitest';
import { checkWebhook, signWebhook } from './webhook.ts';

const key = 'the webhook key of more than thirty-two characters';
const now = new Date('2026-01-01T00:00:00Z');
const keys = keyring({ current: key });
const body = new TextEncoder().encode('{"id":"ü"}');
const signature = signWebhook(keys, body, now);
const check = (sent: { signature?: string | null; body?: Uint8Array; keys?: Keyring; at?: Date }) =>
  checkWebhook(sent.keys ?? keys, { signature: sent.signature ?? signature, body: sent.body ?? body }, sent.at ?? now);
const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1_000);

test('what was signed is good for five minutes, by either clock', async () => {
  for (const at of [now, later(300), later(-300)]) expect(await check({ at })).toBe('good');
  for (const at of [later(301), later(-301)]) expect(await check({ at })).toBe('old-signature');
});

test('openssl makes the same signature', () => {
  const input = Buffer.concat([Buffer.from(`${now.getTime() / 1_000}.`), body]);
  const hex = execFileSync('openssl', ['dgst', '-sha256', '-hmac', key, '-hex'], { input }).toString();
  expect(signature).toBe(`t=${now.getTime() / 1_000},v1=${hex.trim().split(' ').at(-1)}`);
});

test('each flipped bit of the body is seen', async () => {
  for (let place = 0; place < body.length * 8; place += 1) {
    const changed = Uint8Array.from(body);
    changed[place >> 3] = (changed[place >> 3] ?? 0) ^ (1 << (place & 7));
    expect(await check({ body: changed })).toBe('bad-signature');
  }
  expect(await check({ body: Uint8Array.from([0xef, 0xbb, 0xbf, ...body]) })).toBe('bad-signature');
});

test.each([
  ['no header', { signature: '' }],
  ['another key', { keys: keyring({ current: `${key}.` }) }],
  ['another time', { signature: signature.replace(/^t=\d+/, `t=${now.getTime() / 1_000 + 1}`) }],
  ['no time', { signature: signature.replace(/^t=\d+,/, '') }],
  ['upper case', { signature: signature.replace(/v1=.*/, (hex) => `v1=${hex.slice(3).toUpperCase()}`) }],
  ['half a signature', { signature: signature.slice(0, -2) }],
  ['two of them', { signature: `${signature}, ${signature}` }],
])('%s is a bad signature', async (_, sent) => {
  expect(await check(sent)).toBe('bad-signature');
});
