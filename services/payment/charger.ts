import { withDeadline } from '@millrace/runtime/deadline.ts';
import { Pacer } from '@millrace/runtime/pacer.ts';
import type { Closable } from '@millrace/runtime/process.ts';
import { continueTrace, runWithTrace } from '@millrace/runtime/telemetry.ts';
import type { Workload } from '@millrace/runtime/workload.ts';
import type { Finding, Payment } from './payment.ts';
import { moneyOf } from './payment.ts';
import { paymentMetrics } from './payment-metrics.ts';
import { borrowDue, dueChannel, postponeDue, raiseAttention } from './payment-store.ts';
import type { ChargeOutcome, PaymentProvider } from './provider.ts';
import { ProviderFault } from './provider.ts';
import { alarm, settleRead } from './settlement.ts';

type Own = Pick<Workload, 'database' | 'log' | 'metrics' | 'clock' | 'random'>;

export interface ChargerParts {
  own: Own;
  provider: PaymentProvider;
  /** How long one call of the provider may take. */
  deadlineMs: number;
  /** Payments in hand at once. */
  concurrency: number;
}

/** A charge that failed so often is given up, after the provider promised never to make it. */
const maxChargeTries = 5;
/** A person is told when the provider has not settled something after so many calls. */
export const attentionTries = 8;
const firstRetryMs = 100;
const longestRetryMs = 15_000;
const pollMs = 200;
const firstPauseMs = 50;
const longestPauseMs = 2_000;
const loanMarginMs = 1_000;

/** How long a payment in hand is left to its worker: three calls of the provider and a commit. */
const loanMsOf = (deadlineMs: number): number => 3 * deadlineMs + loanMarginMs;

/**
 * Calls the provider for every payment that is due, outside any transaction, and commits what it learned. Any number of
 * chargers may run: a payment is lent to one of them, and one that lost its loan learns nothing that the next did not.
 */
export function startCharger(parts: ChargerParts): Closable {
  const { own, concurrency } = parts;
  const pacer = new Pacer({ random: own.random, firstPauseMs, longestPauseMs });
  const lanes = new Set<Promise<void>>();
  const begin = (payment: Payment): void => {
    const lane = advance(parts, payment).then(() => {
      if (lanes.size >= concurrency) pacer.wake();
      lanes.delete(lane);
    });
    lanes.add(lane);
  };
  const heard = own.database.listen(dueChannel, pacer.wake, pacer.wake);
  const running = (async () => {
    while (!pacer.isStopped) {
      try {
        const free = concurrency - lanes.size;
        const payments = free > 0 ? await takeDue(parts, free) : [];
        for (const payment of payments) begin(payment);
        pacer.succeed();
        if (free === 0 || payments.length < free) await pacer.rest(pollMs);
      } catch (error) {
        if (!pacer.isStopped) own.log.warn({ err: error }, 'due payments could not be read and are looked for again');
        await pacer.backOff();
      }
    }
  })();
  return {
    close: async () => {
      pacer.stop();
      await running;
      await Promise.all(lanes);
      await (await heard)();
    },
  };
}

/** Takes payments that are due into hand. */
export function takeDue({ own, deadlineMs }: ChargerParts, limit: number): Promise<Payment[]> {
  const now = own.clock.now();
  return borrowDue(own.database.db, { now, until: new Date(now.getTime() + loanMsOf(deadlineMs)), limit });
}

/** Brings a payment in hand on by one call of the provider. Never throws: what fails is done again. */
export async function advance(parts: ChargerParts, payment: Payment): Promise<void> {
  const { own } = parts;
  const { attemptId } = payment;
  await runWithTrace(continueTrace(payment.traceparent), async () => {
    try {
      const finding = payment.state === 'refunding' ? await refund(parts, payment) : await charge(parts, payment);
      const settled = await settleRead(own.database.db, own, { payment, finding });
      settled.report();
      if (settled.outcome === 'contradiction') await postpone(parts, payment);
    } catch (error) {
      const isFault = error instanceof ProviderFault;
      if (!isFault)
        own.log.warn({ err: error, attemptId }, 'what the provider said is not committed; it is asked again');
      await postpone(parts, payment).catch((reason: unknown) => {
        own.log.warn({ err: reason, attemptId }, 'a payment could not be postponed; it is due when its loan ends');
      });
    }
  });
}

/** Before a repeated call the provider is asked what became of the one before, and after a failed one too. */
async function charge(parts: ChargerParts, payment: Payment): Promise<Finding> {
  const { provider } = parts;
  const { attemptId: key, token, orderId } = payment;
  const amount = moneyOf(payment.amountMinor, payment.currency);
  const findCharge = async (): Promise<ChargeOutcome | undefined> =>
    (await call(parts, 'find', (signal) => provider.find(key, signal))).charge;
  if (payment.tries > 1 || payment.isRefundWanted) {
    const known = await findCharge();
    if (known) return known;
  }
  if (payment.tries > maxChargeTries || payment.isRefundWanted || token === null) {
    return call(parts, 'block', (signal) => provider.block({ key, amount }, signal));
  }
  try {
    return await call(parts, 'charge', (signal) => provider.charge({ key, token, amount, orderId }, signal));
  } catch (error) {
    const known = await findCharge();
    if (known) return known;
    throw error;
  }
}

async function refund(parts: ChargerParts, payment: Payment): Promise<Finding> {
  const { provider } = parts;
  const key = payment.attemptId;
  if (payment.tries > 1) {
    const { refund: known } = await call(parts, 'find', (signal) => provider.find(key, signal));
    if (known) return known;
  }
  const outcome = await call(parts, 'refund', (signal) => provider.refund(key, signal));
  if (outcome.outcome === 'refunded') return outcome;
  throw new ProviderFault('rejected', 'The provider does not know the charge that is to be refunded.');
}

/** One call of the provider, with its deadline: ours, whatever the provider's own code does about the signal. */
async function call<Answer>(
  { own, deadlineMs }: ChargerParts,
  operation: string,
  work: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const metrics = paymentMetrics(own.metrics);
  const stop = new AbortController();
  const done = metrics.providerSeconds.startTimer({ operation });
  const late = (): Error => {
    stop.abort();
    return new ProviderFault('timeout', `The provider did not answer within ${deadlineMs} ms.`);
  };
  try {
    return await withDeadline(work(stop.signal), deadlineMs, late);
  } catch (error) {
    const kind = error instanceof ProviderFault ? error.kind : 'unknown';
    metrics.providerFaults.inc({ operation, kind });
    own.log.warn({ operation, kind, reason: (error as Error).message }, 'a call of the provider failed');
    throw error;
  } finally {
    done();
  }
}

async function postpone({ own }: ChargerParts, payment: Payment): Promise<void> {
  const { db } = own.database;
  const ceilingMs = Math.min(firstRetryMs * 2 ** Math.min(payment.tries - 1, 20), longestRetryMs);
  const waitMs = ceilingMs * (0.5 + own.random.fraction() / 2);
  await postponeDue(db, payment, new Date(own.clock.now().getTime() + waitMs));
  if (payment.tries < attentionTries) return;
  const reason = payment.state === 'refunding' ? 'refund-overdue' : 'charge-overdue';
  const isNew = await raiseAttention(db, payment, { reason, now: own.clock.now() });
  if (isNew) alarm(own, payment, reason);
}
