import type { EventContract } from '@millrace/catalog/event.ts';
import { consumerCloseSeconds } from '@millrace/catalog/stopping.ts';
import type { Message, Queue } from './broker.ts';
import type { Handle, OnDead } from './consumer-batch.ts';
import { processMessages } from './consumer-messages.ts';
import type { Database } from './database.ts';
import { withDeadline } from './deadline.ts';
import type { ReachPoint } from './fault-point.ts';
import { noFault } from './fault-point.ts';
import { probeInbox, purgeInbox } from './inbox.ts';
import type { Log } from './log.ts';
import { messagingMetrics } from './messaging-metrics.ts';
import { Pacer } from './pacer.ts';
import type { Clock, Random } from './ports.ts';
import { systemRandom } from './ports.ts';
import type { Metrics } from './telemetry.ts';

export interface ConsumerOptions<Contract extends EventContract> {
  /** The name under which the inbox remembers what was applied. Never change it. */
  name: string;
  queue: Queue;
  /** The events of this queue, in every major version that the handler can apply. */
  contracts: readonly Contract[];
  /** The writer. Uses up to two connections. */
  database: Database;
  /** How long one call of the handler may take. The queue's visibility is at least six of these. */
  deadlineMs: number;
  /** Messages of one transaction. With a backlog two batches are in hand, in two transactions. */
  batchSize: number;
  /**
   * How long messages gather between two fetches while there are few: for effects that nobody waits for. Fewer calls of the
   * queue and larger transactions; 0.
   */
  gatherMs?: number;
  handle: Handle<Contract>;
  onDead?: OnDead;
  log: Log;
  metrics: Pick<Metrics, 'registry'>;
  clock: Clock;
  random?: Random;
  /** A message that fails this often goes to the dead-letter queue; 5. */
  maxReceives?: number;
  /** How long the inbox remembers; 30 days. An older event is refused. */
  inboxDays?: number;
  /** Whether receiving makes sense again after an outage, beside a database that takes writes. */
  isReady?: () => Promise<void>;
  reach?: ReachPoint;
}

const waitSeconds = 20;
const firstPauseMs = 50;
const longestPauseMs = 2_000;
const purgeEveryMs = 600_000;
const purgeRows = 5_000;
const purgeRounds = 20;
const dayMs = 86_400_000;

type Progress = 'full' | 'going' | 'away';

/**
 * Applies the events of a queue, each exactly once to this database, until it is closed. It receives nothing while the
 * database does not answer, so that an outage does not use up the messages' receives.
 */
export function startConsumer<Contract extends EventContract>(
  options: ConsumerOptions<Contract>,
): { close(): Promise<void> } {
  const { queue, batchSize, gatherMs = 0, log, database, name } = options;
  const random = options.random ?? systemRandom;
  const pacer = new Pacer({ random, firstPauseMs, longestPauseMs });
  const context = {
    ...options,
    random,
    maxReceives: options.maxReceives ?? 5,
    inboxMs: (options.inboxDays ?? 30) * dayMs,
    counts: messagingMetrics(options.metrics),
    reach: options.reach ?? noFault,
    isStopped: () => pacer.isStopped,
  };
  const probe = async (): Promise<void> => {
    await probeInbox(database.sql, name);
    await options.isReady?.();
  };
  const receive = async (): Promise<Message[]> => {
    try {
      return await receiveInTime(queue, batchSize, pacer.signal);
    } catch (error) {
      if (pacer.isStopped) return [];
      log.warn({ err: error, consumer: name }, 'the queue does not answer');
      await pacer.backOff();
      return [];
    }
  };
  const step = async (): Promise<Progress> => {
    const messages = await receive();
    try {
      const progress = await processMessages(context, messages);
      if (progress === 'going' && messages.length > 0) pacer.succeed();
      if (progress === 'going' && messages.length >= batchSize) return 'full';
      if (progress === 'going' && messages.length > 0 && gatherMs > 0) await pacer.rest(gatherMs);
      return progress;
    } catch (error) {
      log.error({ err: error, consumer: name }, 'a batch met a fault of the consumer itself; its messages come again');
      await pacer.backOff();
      return 'going';
    }
  };
  const running = runSteps({ step, probe, pacer });
  const purge = setInterval(() => void purgeOld(context), purgeEveryMs).unref();
  return {
    close: async () => {
      clearInterval(purge);
      pacer.stop();
      await bounded(running, consumerCloseSeconds * 1_000);
    },
  };
}

/**
 * Takes batches until it is stopped, and none while the database is away. While batches are full a second loop takes
 * turns with the first: one receives while the other applies.
 */
async function runSteps(parts: { step(): Promise<Progress>; probe(): Promise<void>; pacer: Pacer }): Promise<void> {
  const { step, probe, pacer } = parts;
  const isStopped = (): boolean => pacer.isStopped;
  let helper: Promise<void> | undefined;
  const help = async (): Promise<void> => {
    while (!isStopped() && (await step()) === 'full');
    helper = undefined;
  };
  let isAway = false;
  while (!isStopped()) {
    if (isAway) {
      await pacer.backOff();
      isAway = !(await settles(probe()));
      continue;
    }
    const progress = await step();
    isAway = progress === 'away';
    if (progress === 'full') helper ??= help();
  }
  await helper;
}

/** The long poll ends by itself; a queue that does not even end that is given up five seconds later. */
function receiveInTime(queue: Queue, max: number, signal: AbortSignal): Promise<Message[]> {
  const late = (): Error => new Error('The queue did not answer.');
  return withDeadline(queue.receive({ max, waitSeconds, signal }), (waitSeconds + 5) * 1_000, late);
}

async function settles(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}

async function bounded(work: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  try {
    await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** A day more than the window, for clocks that differ. */
async function purgeOld(context: { database: Database; clock: Clock; inboxMs: number; log: Log }): Promise<void> {
  const before = new Date(context.clock.now().getTime() - context.inboxMs - dayMs);
  try {
    for (let round = 0; round < purgeRounds; round += 1) {
      const gone = await purgeInbox(context.database.sql, { before, limit: purgeRows });
      if (gone < purgeRows) return;
    }
  } catch (error) {
    context.log.warn({ err: error }, 'the inbox could not be purged and will be later');
  }
}
