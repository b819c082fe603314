import type { Money } from '@millrace/catalog/events/money.ts';

/** What the provider knows of a charge: money taken, refused, or promised never to be taken. */
export type ChargeOutcome = { outcome: 'charged'; amount: Money } | { outcome: 'declined' } | { outcome: 'blocked' };

/** What the provider did about a refund. `nothing-charged`: there is no charge under this key. */
export type RefundOutcome = { outcome: 'refunded'; amount: Money } | { outcome: 'nothing-charged' };

/** Everything that the provider has under a key. */
export interface ProviderRecord {
  charge?: ChargeOutcome;
  refund?: Extract<RefundOutcome, { outcome: 'refunded' }>;
}

export interface ChargeRequest {
  /** The idempotency key: charged at most once, however often it is asked. */
  key: string;
  token: string;
  amount: Money;
  orderId: string;
}

/**
 * A company that takes and gives back money. Every call ends when `signal` fires, at the latest. A call that fails says
 * nothing about what became of it: ask with `find` before it is repeated.
 * @throws ProviderFault from each of its calls.
 */
export interface PaymentProvider {
  charge(request: ChargeRequest, signal: AbortSignal): Promise<ChargeOutcome>;
  /** Gives back all that was taken under the key, once. */
  refund(key: string, signal: AbortSignal): Promise<RefundOutcome>;
  find(key: string, signal: AbortSignal): Promise<ProviderRecord>;
  /** Makes a later charge under this key impossible, unless there is one already: then that is the answer. */
  block(request: Pick<ChargeRequest, 'key' | 'amount'>, signal: AbortSignal): Promise<ChargeOutcome>;
  close(): Promise<void>;
}

/** No answer, or one that says nothing about the outcome. */
export class ProviderFault extends Error {
  /** `timeout`: no answer in time. `unavailable`: 5xx or no connection. `rejected`: asked wrongly, or answered with nonsense. */
  readonly kind: 'timeout' | 'unavailable' | 'rejected';

  constructor(kind: ProviderFault['kind'], message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}
