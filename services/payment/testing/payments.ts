import { createHmac, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { DataOf } from '@millrace/catalog/event.ts';
import { PaymentRequested, RefundRequested } from '@millrace/catalog/events/order.ts';
import { payment } from '@millrace/catalog/services.ts';
import type { Database } from '@millrace/runtime/database.ts';
import type { TestService } from '@millrace/runtime/testing/service.ts';
import { openTestService } from '@millrace/runtime/testing/service.ts';
import type { Workload, WorkloadConfig } from '@millrace/runtime/workload.ts';
import { openOwnDatabase } from '@millrace/runtime/workload.ts';
import type { PaymentConfig } from '../config.ts';
import { reactions } from '../events.ts';
import type { PaymentProvider } from '../provider.ts';
import { routes } from '../routes.ts';
import { simulatedProvider } from '../simulated-provider.ts';

export const ada = '018f0000-0000-7000-8000-00000000000a';
export const bob = '018f0000-0000-7000-8000-00000000000b';
export const webhookKey = 'the webhook key of more than thirty-two characters';
export const signingKey = 'the signing key of more than thirty-two characters';
export const deadlineMs = 300;

/** This service's own settings in a test; the addresses of the issuer are never called. */
const settings: Omit<PaymentConfig, keyof WorkloadConfig> = {
  ISSUER_URL: 'http://127.0.0.1:9',
  JWKS_URL: 'http://127.0.0.1:9/jwks',
  CLIENT_IDS: ['page'],
  SIGNING_KEY: signingKey,
  WEBHOOK_KEY: webhookKey,
  WEBHOOK_URL: undefined,
  PAYMENT_PROVIDER: 'simulated',
  CHARGE_DEADLINE_MS: deadlineMs,
  CHARGE_CONCURRENCY: 16,
};

export type PaymentService = TestService<PaymentConfig> & {
  provider: PaymentProvider;
  /** The company's own connections. */
  company: Database;
};

/** Payment with the simulated company behind it, and without a charger: a test starts that itself. */
export async function openPayments(options: { clock?: Workload['clock']; hasWebhooks?: boolean } = {}) {
  const test = await openTestService<PaymentConfig>({
    service: payment,
    migrations: join(import.meta.dirname, '..', 'migrations'),
    config: settings,
    routes,
    reactions,
    ...(options.clock && { clock: options.clock }),
  });
  const company = openOwnDatabase(test.own, { name: 'provider', poolSize: 4 });
  const { clock, random } = test.own;
  const provider = simulatedProvider({ database: company, clock, random, hasWebhooks: options.hasWebhooks ?? false });
  const close = async (): Promise<void> => {
    await provider.close();
    await test.close();
  };
  return { ...test, provider, company, close } satisfies PaymentService;
}

/** What order asks for. */
export function request(facts: Partial<DataOf<typeof PaymentRequested>> = {}): DataOf<typeof PaymentRequested> {
  return {
    orderId: randomUUID(),
    userId: ada,
    attemptId: randomUUID(),
    paymentToken: 'tok_ok',
    total: { amountMinor: 5_000, currency: 'EUR' },
    ...facts,
  };
}

export function refundOf(asked: DataOf<typeof PaymentRequested>): DataOf<typeof RefundRequested> {
  const { paymentToken: _, ...rest } = asked;
  return { ...rest, reason: 'cancelled' };
}

/** Has an attempt requested as order does. */
export async function requestPayment(
  service: Pick<PaymentService, 'deliver'>,
  facts: Partial<DataOf<typeof PaymentRequested>> = {},
): Promise<DataOf<typeof PaymentRequested>> {
  const data = request(facts);
  await service.deliver(PaymentRequested, { aggregateId: data.orderId, aggregateVersion: 3, data });
  return data;
}

export async function requestRefund(
  service: Pick<PaymentService, 'deliver'>,
  asked: DataOf<typeof PaymentRequested>,
): Promise<void> {
  const data = refundOf(asked);
  await service.deliver(RefundRequested, { aggregateId: data.orderId, aggregateVersion: 4, data });
}

/** What the company holds of an attempt: the only truth about money. */
export async function heldOf(
  sql: Database['sql'],
  attemptId: string,
): Promise<{ charges: number; captured: number; refunded: number }> {
  const [row] = await sql<{ charges: number; captured: number; refunded: number }[]>`
    select count(*) filter (where outcome = 'succeeded')::int as charges,
      coalesce(sum(amount_minor) filter (where outcome = 'succeeded'), 0)::int as captured,
      (select coalesce(sum(amount_minor), 0)::int from provider.refund where key = ${attemptId}) as refunded
    from provider.charge where key = ${attemptId}`;
  return row ?? { charges: 0, captured: 0, refunded: 0 };
}

export async function stateOf(sql: Database['sql'], attemptId: string): Promise<string | undefined> {
  const [row] = await sql<{ state: string }[]>`select state from payment where attempt_id = ${attemptId}`;
  return row?.state;
}

/** What was published of an attempt, in its order: `PaymentProcessed 5000`. */
export async function saidOf(service: Pick<PaymentService, 'committed'>, attemptId: string): Promise<string[]> {
  const events = await service.committed();
  return events
    .filter(({ data }) => data['attemptId'] === attemptId)
    .map(({ type, data }) => {
      const { total, reason } = data as { total?: { amountMinor: number }; reason?: string };
      return `${type} ${total?.amountMinor ?? reason}`;
    });
}

/** A callback as the company would send it, signed by code that is not the service's. */
export function signedCallback(
  body: object | string,
  options: { key?: string; seconds?: number } = {},
): { method: string; body: Uint8Array<ArrayBuffer>; headers: Record<string, string> } {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const seconds = options.seconds ?? Math.floor(Date.now() / 1_000);
  const hex = createHmac('sha256', options.key ?? webhookKey)
    .update(`${seconds}.${text}`)
    .digest('hex');
  return {
    method: 'POST',
    body: new TextEncoder().encode(text),
    headers: { 'content-type': 'application/json', 'millrace-signature': `t=${seconds},v1=${hex}` },
  };
}

/** What the company tells about an attempt. */
export function told(
  type: 'charge.succeeded' | 'charge.failed' | 'refund.succeeded',
  asked: DataOf<typeof PaymentRequested>,
  more: object = {},
): Record<string, unknown> {
  const { attemptId: idempotencyKey, orderId, total } = asked;
  return { id: randomUUID(), type, idempotencyKey, orderId, ...total, createdAt: new Date().toISOString(), ...more };
}
