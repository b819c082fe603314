import { setTimeout as delay } from 'node:timers/promises';
import type { Money } from '@millrace/catalog/events/money.ts';
import type { Database } from '@millrace/runtime/database.ts';
import type { Clock, Random } from '@millrace/runtime/ports.ts';
import { moneyOf } from './payment.ts';
import type { ChargeOutcome, ChargeRequest, PaymentProvider, ProviderRecord, RefundOutcome } from './provider.ts';
import { ProviderFault } from './provider.ts';
import type { ChargeRow, FaultKind, Operation, WebhookRow } from './simulated-store.ts';
import {
  addCharge,
  addRefund,
  chargeAtOnce,
  findCharge,
  findFaults,
  findRefund,
  refuseFirstCall,
} from './simulated-store.ts';
import type { WebhookBody } from './webhook.ts';

/** What the simulated company stands on. It never sees a transaction of ours. */
export interface SimulatedParts {
  /** Connections of its own; it closes them. */
  database: Database;
  clock: Clock;
  random: Random;
  /** It tells by callbacks what it did. */
  hasWebhooks: boolean;
  /** Called when a callback waits to be sent. */
  onWebhook?: () => void;
}

interface Company extends SimulatedParts {
  sql: Database['sql'];
}

const shortestAnswerMs = 2;
const longestAnswerMs = 8;

/** A payment company that takes no real money: its tokens say what becomes of a charge. README.md has their table. */
export function simulatedProvider(parts: SimulatedParts): PaymentProvider {
  const company: Company = { ...parts, sql: parts.database.sql };
  return {
    charge: (request, signal) => answer(company, signal, () => charge(company, request, signal)),
    refund: (key, signal) => answer(company, signal, () => refund(company, key, signal)),
    find: (key, signal) => answer(company, signal, () => find(company, key)),
    block: (request, signal) => answer(company, signal, () => block(company, request, signal)),
    close: () => parts.database.close(),
  };
}

/** Its own trouble is, for whoever calls, a company that does not answer well. */
async function answer<Value>(company: Company, signal: AbortSignal, work: () => Promise<Value>): Promise<Value> {
  try {
    const waitMs = shortestAnswerMs + company.random.fraction() * (longestAnswerMs - shortestAnswerMs);
    await delay(waitMs, undefined, { signal });
    return await work();
  } catch (error) {
    if (error instanceof ProviderFault) throw error;
    if (signal.aborted) throw new ProviderFault('timeout', 'The provider did not answer in time.', { cause: error });
    throw new ProviderFault('unavailable', 'The provider answered 500.', { cause: error });
  }
}

async function charge(company: Company, request: ChargeRequest, signal: AbortSignal): Promise<ChargeOutcome> {
  const { key, token } = request;
  const { sql, clock } = company;
  const isPlain = token !== 'tok_error_once' && token !== 'tok_error_always';
  const plain = told(company, newCharge(request, new Set()));
  const { known, faults, isNew } = await chargeAtOnce(sql, { ...plain, isPlain });
  if (known) return repeated(known, request);
  if (isNew) return charged(company, plain, { isLost: token === 'tok_timeout_after_charge', signal });
  const isRefused = token === 'tok_error_once' && (await refuseFirstCall(sql, key, clock.now()));
  if (isRefused || token === 'tok_error_always' || faults.has('error')) throw failed();
  const row = told(company, newCharge(request, faults));
  if (!(await addCharge(sql, row))) return repeated(await needCharge(company, key), request);
  const isLost = token === 'tok_timeout_after_charge' || faults.has('lost-answer');
  return charged(company, row, { isLost, signal });
}

type ToldCharge = ChargeRow & { now: Date; webhook: WebhookRow | undefined };

/** A charge with the callback that tells of it. */
function told(company: Company, row: ChargeRow): ToldCharge {
  const webhook = webhookOf(company, row, row.outcome === 'succeeded' ? 'charge.succeeded' : 'charge.failed');
  return { ...row, now: company.clock.now(), webhook };
}

function charged(
  company: Company,
  row: ToldCharge,
  how: { isLost: boolean; signal: AbortSignal },
): Promise<ChargeOutcome> | ChargeOutcome {
  if (row.webhook) company.onWebhook?.();
  return how.isLost ? silence(how.signal) : outcomeOf(row);
}

function newCharge(request: ChargeRequest, faults: ReadonlySet<FaultKind>): ChargeRow {
  const { key, token, amount, orderId } = request;
  const isTaken = ['tok_ok', 'tok_timeout_after_charge', 'tok_error_once'].includes(token);
  const wrongMinor = isTaken && faults.has('wrong-amount') ? 1 : 0;
  return {
    key,
    orderId,
    token,
    amountMinor: amount.amountMinor + wrongMinor,
    currency: amount.currency,
    outcome: isTaken ? 'succeeded' : 'declined',
    reason: isTaken ? null : token === 'tok_declined' ? 'declined' : 'unknown-token',
  };
}

/** The same key gives the same answer, and another charge under it is refused. */
function repeated(known: ChargeRow, request: ChargeRequest): ChargeOutcome {
  const isSame = known.outcome === 'blocked' || (known.token === request.token && known.orderId === request.orderId);
  if (!isSame) throw new ProviderFault('rejected', 'The key was used for another charge.');
  return outcomeOf(known);
}

async function refund(company: Company, key: string, signal: AbortSignal): Promise<RefundOutcome> {
  const { sql, clock } = company;
  const taken = await findCharge(sql, key);
  if (taken?.outcome !== 'succeeded') return { outcome: 'nothing-charged' };
  const known = await findRefund(sql, key);
  if (known) return { outcome: 'refunded', amount: amountOf(known) };
  const faults = await faultsOf(company, 'refund', key);
  if (faults.has('error')) throw failed();
  const webhook = webhookOf(company, taken, 'refund.succeeded');
  await addRefund(sql, { key, now: clock.now(), webhook });
  if (webhook) company.onWebhook?.();
  if (faults.has('lost-answer')) return silence(signal);
  return { outcome: 'refunded', amount: amountOf(taken) };
}

async function find(company: Company, key: string): Promise<ProviderRecord> {
  const faults = await faultsOf(company, 'find', key);
  if (faults.has('error')) throw failed();
  const [taken, back] = await Promise.all([findCharge(company.sql, key), findRefund(company.sql, key)]);
  return {
    ...(taken && { charge: outcomeOf(taken) }),
    ...(back && { refund: { outcome: 'refunded', amount: amountOf(back) } }),
  };
}

async function block(
  company: Company,
  request: Pick<ChargeRequest, 'key' | 'amount'>,
  signal: AbortSignal,
): Promise<ChargeOutcome> {
  const { key, amount } = request;
  const faults = await faultsOf(company, 'block', key);
  if (faults.has('error')) throw failed();
  const { amountMinor, currency } = amount;
  const row = { key, amountMinor, currency, orderId: null, token: null, outcome: 'blocked', reason: null } as const;
  await addCharge(company.sql, { ...row, now: company.clock.now(), webhook: undefined });
  if (faults.has('lost-answer')) return silence(signal);
  return outcomeOf(await needCharge(company, key));
}

const faultsOf = (company: Company, operation: Operation, key: string): Promise<Set<FaultKind>> =>
  findFaults(company.sql, { operation, key, now: company.clock.now() });

const failed = (): ProviderFault => new ProviderFault('unavailable', 'The provider answered 500.');

/** The work is done and nobody hears of it. */
function silence(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const end = (): void => reject(new ProviderFault('timeout', 'The provider did not answer in time.'));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

async function needCharge(company: Company, key: string): Promise<ChargeRow> {
  const row = await findCharge(company.sql, key);
  if (!row) throw new Error('A charge that was written is gone.');
  return row;
}

function outcomeOf(row: ChargeRow): ChargeOutcome {
  if (row.outcome === 'succeeded') return { outcome: 'charged', amount: amountOf(row) };
  return { outcome: row.outcome };
}

const amountOf = (row: { amountMinor: number; currency: string }): Money => moneyOf(row.amountMinor, row.currency);

function webhookOf(company: Company, row: ChargeRow, type: WebhookBody['type']): WebhookRow | undefined {
  if (!company.hasWebhooks) return undefined;
  const id = company.random.uuid();
  const body: WebhookBody = {
    id,
    type,
    idempotencyKey: row.key,
    ...(row.orderId !== null && { orderId: row.orderId }),
    amountMinor: row.amountMinor,
    currency: amountOf(row).currency,
    createdAt: company.clock.now().toISOString(),
  };
  return { id, key: row.key, body: JSON.stringify(body) };
}
