import { createHmac, timingSafeEqual } from 'node:crypto';
import { money } from '@millrace/catalog/events/money.ts';
import type { Keyring } from '@millrace/runtime/keyring.ts';
import { z } from 'zod';
import type { Finding } from './payment.ts';

/** The body of a callback. Members that we do not know are the provider's business. */
export const webhookBody = z.object({
  id: z.string().min(1).max(64),
  type: z.enum(['charge.succeeded', 'charge.failed', 'refund.succeeded']),
  idempotencyKey: z.string().min(1).max(64),
  orderId: z.uuid().optional(),
  ...money.shape,
  createdAt: z.iso.datetime({ offset: true }),
});
export type WebhookBody = z.output<typeof webhookBody>;

export const signatureHeader = 'Millrace-Signature';
/** A callback that is older was recorded by somebody, or comes from a clock that is wrong. */
const toleranceSeconds = 300;
export const signatureForm = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/;

/** What an exact body is signed with: `t=<seconds since 1970>,v1=<HMAC-SHA-256 of "<t>.<body>" as hex>`. */
export function signWebhook(keys: Keyring, body: Uint8Array, now: Date): string {
  const seconds = Math.floor(now.getTime() / 1_000);
  return `t=${seconds},v1=${digest(keys.current(), String(seconds), body).toString('hex')}`;
}

/** Tells whether exactly these bytes were signed with a key of this ring within the last five minutes. */
export async function checkWebhook(
  keys: Keyring,
  sent: { signature: string | null; body: Uint8Array },
  now: Date,
): Promise<'good' | 'bad-signature' | 'old-signature'> {
  const [, seconds = '', hex = ''] = signatureForm.exec(sent.signature ?? '') ?? [];
  if (hex === '') return 'bad-signature';
  const claimed = Buffer.from(hex, 'hex');
  const isSigned = await keys.verify((key) => timingSafeEqual(claimed, digest(key, seconds, sent.body)));
  if (!isSigned) return 'bad-signature';
  const ageSeconds = now.getTime() / 1_000 - Number(seconds);
  return Math.abs(ageSeconds) <= toleranceSeconds ? 'good' : 'old-signature';
}

function digest(key: string, seconds: string, body: Uint8Array): Buffer {
  return createHmac('sha256', key).update(`${seconds}.`).update(body).digest();
}

/** What a callback tells about its attempt. */
export function findingOf(body: WebhookBody): Finding {
  const { amountMinor, currency } = body;
  if (body.type === 'charge.failed') return { outcome: 'declined' };
  return {
    outcome: body.type === 'charge.succeeded' ? 'charged' : 'refunded',
    amount: { amountMinor, currency },
  };
}
