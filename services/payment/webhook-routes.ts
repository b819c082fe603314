import { parseJsonBody } from '@millrace/runtime/json-body.ts';
import { Problem } from '@millrace/runtime/problem.ts';
import type { Route } from '@millrace/runtime/route.ts';
import { defineRoute, empty } from '@millrace/runtime/route.ts';
import { validate } from '@millrace/runtime/validation.ts';
import { z } from 'zod';
import { decide } from './payment.ts';
import { paymentMetrics } from './payment-metrics.ts';
import { acceptWebhook, listAttempts } from './payment-store.ts';
import type { RouteParts } from './routes.ts';
import type { Settled } from './settlement.ts';
import { settle } from './settlement.ts';
import type { WebhookBody } from './webhook.ts';
import { checkWebhook, findingOf, signatureForm, signatureHeader, webhookBody } from './webhook.ts';

const maxBodyBytes = 16_384;
const idForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

// The signature covers the bytes as they came, so they are checked before anything reads them.
const { $schema: _, ...bodyDocument } = z.toJSONSchema(webhookBody, { io: 'input' });
const signedBytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array).meta(bodyDocument);

/** The provider's door. */
export function webhookRoutes(parts: RouteParts): Route[] {
  const { own, webhookKeys } = parts;
  const counts = paymentMetrics(own.metrics).webhooks;
  return [
    defineRoute({
      method: 'POST',
      path: '/api/payments/webhook',
      operationId: 'takeWebhook',
      summary: 'Takes a callback of the payment provider, signed in the header Millrace-Signature.',
      policy: 'public',
      headers: {
        [signatureHeader]: {
          description:
            't=<seconds since 1970>,v1=<hex HMAC-SHA-256 of "<t>.<exact body>" under the webhook key>; good for five minutes.',
          isRequired: true,
          pattern: signatureForm.source,
        },
      },
      body: { schema: signedBytes, format: 'bytes', maxBytes: maxBodyBytes },
      responses: {
        200: { description: 'Taken, now or before.' },
        401: { description: 'The signature is missing, old, or of other bytes.' },
      },
      handle: async ({ body, headers }) => {
        const signature = headers.get(signatureHeader);
        const verdict = await checkWebhook(webhookKeys, { signature, body }, own.clock.now());
        if (verdict !== 'good') {
          counts.inc({ outcome: verdict });
          throw new Problem(401, verdict, 'Sign the exact body with the webhook key, at the time of sending.');
        }
        const told = validate(webhookBody, parseJsonBody(textOf(body)), { what: 'body' });
        counts.inc({ outcome: await take(parts, told) });
        return empty(200);
      },
    }),
  ];
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Problem(400, 'invalid-unicode', 'The body is not valid UTF-8.');
  }
}

/**
 * Most callbacks tell what the charger knows already. Once known it stays known, so then the receipt is all that is written.
 */
async function takeKnown(
  { own }: Pick<RouteParts, 'own'>,
  told: WebhookBody,
): Promise<'known' | 'repeated' | undefined> {
  const { db } = own.database;
  if (!idForm.test(told.idempotencyKey)) return undefined;
  const [payment] = await listAttempts(db, [told.idempotencyKey]);
  if (!payment || decide(payment, findingOf(told), own.clock.now()).outcome !== 'known') return undefined;
  return (await acceptWebhook(db, told.id, own.clock.now())) ? 'known' : 'repeated';
}

/** The receipt commits with what it did. A callback of a key that is not ours does nothing: the provider is asked anyway. */
async function take({ own }: Pick<RouteParts, 'own'>, told: WebhookBody): Promise<Settled['outcome'] | 'repeated'> {
  const known = await takeKnown({ own }, told);
  if (known) return known;
  const settled = await own.database.db.transaction(async (tx): Promise<Settled | undefined> => {
    const isNew = await acceptWebhook(tx, told.id, own.clock.now());
    if (!isNew) return undefined;
    if (!idForm.test(told.idempotencyKey)) return { outcome: 'unknown-attempt', report: () => undefined };
    return settle(tx, own, { attemptId: told.idempotencyKey, finding: findingOf(told) });
  });
  if (!settled) return 'repeated';
  settled.report();
  if (settled.outcome === 'unknown-attempt') own.log.warn({ webhook: told.id }, 'a callback of a key that is not ours');
  return settled.outcome;
}
