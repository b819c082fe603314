import type { EventContract } from '@millrace/catalog/event.ts';
import type { Message } from './broker.ts';
import type { ConsumerOptions } from './consumer.ts';
import type { BatchResult, Delivery } from './consumer-batch.ts';
import { applyBatch } from './consumer-batch.ts';
import { isDatabaseAway, isWorthRepeating } from './database-fault.ts';
import type { Refusal } from './event-envelope.ts';
import { readEvent } from './event-envelope.ts';
import type { ReachPoint } from './fault-point.ts';
import { faultText } from './fault-text.ts';
import type { MessagingMetrics } from './messaging-metrics.ts';
import type { Random } from './ports.ts';

export interface ConsumerContext<Contract extends EventContract> extends ConsumerOptions<Contract> {
  random: Random;
  maxReceives: number;
  inboxMs: number;
  counts: MessagingMetrics;
  reach: ReachPoint;
  isStopped: () => boolean;
}

/** Messages that are lent to us together; the loan is renewed before it runs out. */
interface Loan {
  renewedAt: number;
}

type Progress = 'going' | 'away';

const longestPauseSeconds = 60;
const reasonLength = 256;
const attemptsAtOnce = 3;

/**
 * Applies messages, removes those that are settled and postpones or buries the others.
 * @returns `away` when the database does not answer: then everything that was not settled is given back.
 */
export async function processMessages<Contract extends EventContract>(
  context: ConsumerContext<Contract>,
  messages: readonly Message[],
): Promise<Progress> {
  const loan: Loan = { renewedAt: performance.now() };
  const { deliveries, refused } = readAll(context, messages);
  // Those that came back have perhaps failed before: they do not spoil the others' transaction.
  const first = deliveries.filter(({ message }) => message.receiveCount <= 1);
  const again = deliveries.filter(({ message }) => message.receiveCount > 1);
  for (const [place, group] of [first, again].entries()) {
    const rest = place === 0 ? again : [];
    if ((await processGroup(context, group, loan)) === 'going') continue;
    await giveBack(context, [...rest.map(({ message }) => message), ...refused.map(({ message }) => message)]);
    return 'away';
  }
  for (const { message, refusal } of refused) await bury(context, message, refusal);
  return 'going';
}

function readAll<Contract extends EventContract>(
  context: ConsumerContext<Contract>,
  messages: readonly Message[],
): { deliveries: Delivery<Contract>[]; refused: { message: Message; refusal: Refusal }[] } {
  const deliveries: Delivery<Contract>[] = [];
  const refused: { message: Message; refusal: Refusal }[] = [];
  const oldest = new Date(context.clock.now().getTime() - context.inboxMs);
  for (const message of messages) {
    const read = readEvent(message.body, { contracts: context.contracts, oldest });
    if ('event' in read) deliveries.push({ message, event: read.event });
    else refused.push({ message, refusal: read.refusal });
  }
  return { deliveries, refused };
}

/** All in one transaction; when that fails, each alone, so that only the bad one fails again. */
async function processGroup<Contract extends EventContract>(
  context: ConsumerContext<Contract>,
  deliveries: readonly Delivery<Contract>[],
  loan: Loan,
): Promise<Progress> {
  if (deliveries.length === 0) return 'going';
  const together = await attempt(context, deliveries, loan);
  if (together.isApplied) return 'going';
  if (isDatabaseAway(together.error)) return leave(context, deliveries, together.error);
  const [only] = deliveries;
  if (deliveries.length === 1 && only) {
    await fail(context, only, together.error);
    return 'going';
  }
  context.log.warn(
    { err: together.error, consumer: context.name },
    'a batch failed; each of its messages is tried alone',
  );
  for (const [place, delivery] of deliveries.entries()) {
    if (context.isStopped()) {
      await giveBack(context, messagesOf(deliveries.slice(place)));
      return 'going';
    }
    const alone = await attempt(context, [delivery], loan, deliveries.slice(place));
    if (alone.isApplied) continue;
    if (isDatabaseAway(alone.error)) return leave(context, deliveries.slice(place), alone.error);
    await fail(context, delivery, alone.error);
  }
  return 'going';
}

/** One transaction, repeated at once when the database asks for it. */
async function attempt<Contract extends EventContract>(
  context: ConsumerContext<Contract>,
  deliveries: readonly Delivery<Contract>[],
  loan: Loan,
  held: readonly Delivery<Contract>[] = deliveries,
): Promise<{ isApplied: true } | { isApplied: false; error: unknown }> {
  const { name, database, handle, onDead, deadlineMs, reach, counts } = context;
  const batch = {
    consumer: name,
    deliveries,
    handle,
    onDead,
    deadlineMs,
    statementMs: database.statementTimeoutMs,
    reach,
  };
  for (let times = 1; ; times += 1) {
    await renew(context, loan, held);
    const end = counts.handlerSeconds.startTimer({ consumer: name });
    try {
      const result = await database.db.transaction((tx) => applyBatch(tx, batch));
      end();
      reach('consumer:after-commit');
      await settle(context, deliveries, result);
      return { isApplied: true };
    } catch (error) {
      end();
      if (!isWorthRepeating(error) || times >= attemptsAtOnce) return { isApplied: false, error };
    }
  }
}

/** After the commit. What fails here is delivered again, and the inbox knows it. */
async function settle<Contract extends EventContract>(
  context: ConsumerContext<Contract>,
  deliveries: readonly Delivery<Contract>[],
  result: BatchResult,
): Promise<void> {
  const { queue, counts, name, log, reach } = context;
  counts.handled.inc({ consumer: name }, result.applied);
  counts.duplicates.inc({ consumer: name }, result.duplicates);
  const isOpen = ({ event }: Delivery<Contract>): boolean => result.later.has(event.id) || result.dead.has(event.id);
  const open = deliveries.filter(isOpen);
  const done = open.length === 0 ? deliveries : deliveries.filter((delivery) => !isOpen(delivery));
  try {
    if (done.length > 0) await queue.remove(messagesOf(done));
    reach('consumer:after-remove');
  } catch (error) {
    log.warn({ err: error, consumer: name }, 'applied messages could not be removed and will come again');
  }
  for (const delivery of open) {
    const reason = result.dead.get(delivery.event.id);
    if (reason === undefined) await postpone(context, delivery.message, delivery.event.id, 'gave-up-waiting');
    else await moveToDead(context, delivery.message, reason);
  }
}

/** Our own fault: shown again later, and for good in the dead-letter queue when that was often enough. */
async function fail<Contract extends EventContract>(
  context: ConsumerContext<Contract>,
  delivery: Delivery<Contract>,
  error: unknown,
): Promise<void> {
  const { message, event } = delivery;
  const { name, log } = context;
  log.error({ err: error, consumer: name, event: event.id, receives: message.receiveCount }, 'the handler failed');
  await postpone(context, message, event.id, `handler-failed ${faultText(error)}`);
}

async function postpone<Contract extends EventContract>(
  context: ConsumerContext<Contract>,
  message: Message,
  eventId: string,
  lastReason: string,
): Promise<void> {
  const { queue, counts, name, maxReceives, random, log } = context;
  if (message.receiveCount >= maxReceives)
    return bury(context, message, { code: 'gave-up', reason: lastReason, eventId });
  const ceiling = Math.min(2 ** Math.min(message.receiveCount - 1, 10), longestPauseSeconds);
  counts.retries.inc({ consumer: name });
  try {
    await queue.postpone([message], Math.ceil(ceiling * (0.5 + random.fraction() / 2)));
  } catch (error) {
    log.warn({ err: error, consumer: name }, 'a message could not be postponed; it comes again by itself');
  }
}

/** Notes the death in our database first: a crash in between buries the message once more. */
async function bury<Contract extends EventContract>(
  context: ConsumerContext<Contract>,
  message: Message,
  refusal: { code: Refusal['code'] | 'gave-up'; reason: string; eventId?: string },
): Promise<void> {
  const { log, name, onDead, database } = context;
  const { code, reason, eventId } = refusal;
  const facts = {
    consumer: name,
    message: message.id,
    event: eventId,
    reason,
    ...(code === 'source-mismatch' && { security: true }),
  };
  log.error(facts, 'a message goes to the dead-letter queue');
  try {
    if (onDead) await database.db.transaction((tx) => onDead(tx, { eventId, reason }));
  } catch (error) {
    log.warn({ err: error, consumer: name }, 'the death of a message could not be noted; it comes again');
    return;
  }
  await moveToDead(context, message, reason);
}

async function moveToDead<Contract extends EventContract>(
  context: ConsumerContext<Contract>,
  message: Message,
  reason: string,
): Promise<void> {
  const { queue, counts, name, log } = context;
  try {
    await queue.deadLetter(message, reason.slice(0, reasonLength));
    counts.dead.inc({ consumer: name, reason: reason.split(' ', 1)[0] ?? 'unknown' });
  } catch (error) {
    log.warn({ err: error, consumer: name }, 'a message could not be put into the dead-letter queue; it comes again');
  }
}

async function leave<Contract extends EventContract>(
  context: ConsumerContext<Contract>,
  deliveries: readonly Delivery<Contract>[],
  error: unknown,
): Promise<Progress> {
  context.log.warn(
    { err: error, consumer: context.name },
    'the database does not answer; nothing is received until it does',
  );
  await giveBack(context, messagesOf(deliveries));
  return 'away';
}

/** Shown again in a second: another process whose database answers may take them. */
async function giveBack<Contract extends EventContract>(
  context: ConsumerContext<Contract>,
  messages: readonly Message[],
): Promise<void> {
  if (messages.length === 0) return;
  try {
    await context.queue.postpone(messages, context.isStopped() ? 0 : 1);
  } catch {
    // They come again by themselves when their visibility ends.
  }
}

async function renew<Contract extends EventContract>(
  context: ConsumerContext<Contract>,
  loan: Loan,
  held: readonly Delivery<Contract>[],
): Promise<void> {
  const visibilityMs = context.deadlineMs * 6;
  if (performance.now() - loan.renewedAt < visibilityMs / 2) return;
  loan.renewedAt = performance.now();
  try {
    await context.queue.postpone(messagesOf(held), Math.ceil(visibilityMs / 1_000));
  } catch {
    // At worst they are delivered twice, which the inbox is for.
  }
}

const messagesOf = <Contract extends EventContract>(deliveries: readonly Delivery<Contract>[]): Message[] =>
  deliveries.map(({ message }) => message);
