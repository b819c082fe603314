import { setTimeout as delay } from 'node:timers/promises';
import type { Broker } from './broker.ts';
import type { Database } from './database.ts';
import type { ReachPoint } from './fault-point.ts';
import { noFault } from './fault-point.ts';
import type { Log } from './log.ts';
import type { MessagingMetrics } from './messaging-metrics.ts';
import { messagingMetrics } from './messaging-metrics.ts';
import { outboxChannel } from './outbox.ts';
import { Pacer } from './pacer.ts';
import type { Clock, Random } from './ports.ts';
import type { ClaimedRow, ClaimOrder, RowOutcome } from './relay-batch.ts';
import { claimRows, publishInOrder, recordOutcomes } from './relay-batch.ts';
import type { Metrics } from './telemetry.ts';

interface RelayOptions {
  /** The writer. Uses up to three connections: two hold rows, one reads the figures. */
  database: Database;
  broker: Broker;
  log: Log;
  metrics: Pick<Metrics, 'registry'>;
  clock: Clock;
  random: Random;
  /** Rows locked at once. */
  batchSize?: number;
  reach?: ReachPoint;
}

interface Round {
  rows: readonly ClaimedRow[];
  outcomes: readonly RowOutcome[];
}

const defaultBatchSize = 500;
const smallestBatch = 10;
const publishMs = 5_000;
const pollMs = 1_000;
/** After work, look again this soon: a transaction that committed without a hint is found, see `wakeLockKey`. */
const soonMs = 4;
/** While events follow each other, how long they gather before the next round; a lone one leaves at once. */
const gatherMs = 5;
const firstPauseMs = 100;
const longestPauseMs = 5_000;
const figuresMs = 5_000;
const countedRows = 100_000;
const warnBytes = 256 * 1024;

/**
 * Publishes what the outbox holds, for ever: woken by NOTIFY, and once a second in any case. The rows stay locked while they
 * are published and are deleted after it, so a crash at any moment publishes again what was not deleted. Any number may run.
 */
export function startRelay(options: RelayOptions): { close(): Promise<void> } {
  const { database, log, random } = options;
  const metrics = messagingMetrics(options.metrics);
  const pacer = new Pacer({ random, firstPauseMs, longestPauseMs });
  const heard = database.listen(outboxChannel, pacer.wake, pacer.wake);
  let idleMs = soonMs;
  let helper: Promise<void> | undefined;
  const relayBatch = batchRelay(options, metrics);
  const step = async (): Promise<void> => {
    const result = await relayBatch();
    if (result === 'held-up') return pacer.backOff();
    pacer.succeed();
    if (result === 'full') {
      helper ??= help();
      return;
    }
    idleMs = result === 'some' ? soonMs : Math.min(idleMs * 4, pollMs);
    if (!(await pacer.rest(idleMs))) return;
    idleMs = soonMs;
    // Events follow each other: those of the next moment go in one call.
    if (result === 'some') await delay(gatherMs, undefined, { signal: pacer.signal }).catch(() => undefined);
  };
  /** Takes turns with the first while there is a backlog: one waits for the database while the other publishes. */
  const help = async (): Promise<void> => {
    try {
      while (!pacer.isStopped && (await relayBatch()) === 'full');
    } catch {
      // The first one meets the same fault, says so and waits.
    } finally {
      helper = undefined;
    }
  };
  const run = async (): Promise<void> => {
    while (!pacer.isStopped) {
      try {
        await step();
      } catch (error) {
        if (!pacer.isStopped) log.warn({ err: error }, 'the relay could not publish and tries again');
        await pacer.backOff();
      }
    }
    await helper;
  };
  const running = run();
  const figures = setInterval(() => void readFigures(database, metrics, options.clock), figuresMs).unref();
  void readFigures(database, metrics, options.clock);
  return {
    close: async () => {
      clearInterval(figures);
      pacer.stop();
      await running;
      await (await heard)();
    },
  };
}

/** Publishes batch after batch: smaller ones while the broker asks for patience, and by version after a batch that was all blocked. */
function batchRelay(
  options: RelayOptions,
  metrics: MessagingMetrics,
): () => Promise<'full' | 'some' | 'none' | 'held-up'> {
  const largest = options.batchSize ?? defaultBatchSize;
  let limit = largest;
  let order: ClaimOrder = 'position';
  return async () => {
    const size = limit;
    const { rows, outcomes } = await relayOnce(options, size, order);
    order = rows.length > 0 && outcomes.length === 0 ? 'version' : 'position';
    const isHeldUp = report(outcomes, metrics, options.log);
    limit = isHeldUp ? Math.max(smallestBatch, Math.floor(size / 2)) : Math.min(largest, size * 2);
    if (isHeldUp) return 'held-up';
    if (rows.length >= size) return 'full';
    return outcomes.length > 0 ? 'some' : 'none';
  };
}

async function relayOnce(options: RelayOptions, limit: number, order: ClaimOrder): Promise<Round> {
  const { database, broker, random, reach = noFault } = options;
  const round = await database.sql.begin(async (tx): Promise<Round> => {
    const rows = await claimRows(tx, limit, order);
    if (rows.length === 0) return { rows, outcomes: [] };
    reach('relay:before-publish');
    const outcomes = await publishInTime(broker, rows);
    reach('relay:after-publish');
    await recordOutcomes(tx, outcomes, random);
    reach('relay:before-commit');
    return { rows, outcomes };
  });
  if (round.rows.length > 0) reach('relay:after-commit');
  return round as Round;
}

/** The rows are locked meanwhile, so a broker that does not answer is given up. */
async function publishInTime(broker: Broker, rows: readonly ClaimedRow[]): Promise<RowOutcome[]> {
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    // The broker gets the first chance to say what it managed.
    timer = setTimeout(() => {
      stop.abort();
      timer = setTimeout(() => reject(new Error(`The broker did not answer within ${publishMs} ms.`)), 500);
    }, publishMs - 500);
  });
  try {
    return await Promise.race([publishInOrder(broker, rows, stop.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Counts and logs a round. @returns whether the broker asked for patience. */
function report(outcomes: readonly RowOutcome[], metrics: MessagingMetrics, log: Log): boolean {
  let isHeldUp = false;
  const published = new Map<string, number>();
  for (const { row, outcome } of outcomes) {
    if (outcome.outcome === 'published') {
      published.set(row.type, (published.get(row.type) ?? 0) + 1);
      if (row.data.length > warnBytes) log.warn({ event: row.id, type: row.type }, 'an event of more than 256 KB');
      continue;
    }
    const facts = { event: row.id, type: row.type, code: outcome.code, reason: outcome.message };
    if (outcome.outcome === 'refused') {
      metrics.parked.inc({ code: outcome.code });
      log.error(facts, 'the bus refuses this event; it is parked and holds back later ones of its aggregate');
      continue;
    }
    isHeldUp ||= outcome.outcome === 'later';
    metrics.publishFailed.inc({ code: outcome.code });
  }
  for (const [type, count] of published) metrics.published.inc({ type }, count);
  const unpublished = outcomes.find(({ outcome }) => outcome.outcome === 'failed' || outcome.outcome === 'later');
  if (unpublished)
    log.warn({ outcome: unpublished.outcome, rows: outcomes.length }, 'events are published again later');
  return isHeldUp;
}

async function readFigures(database: Database, metrics: MessagingMetrics, clock: Clock): Promise<void> {
  try {
    const [row] = await database.sql<{ depth: number; parked: number; oldest: Date | null }[]>`
      select count(*) filter (where parked_reason is null)::int as depth,
        count(parked_reason)::int as parked, min(created_at) filter (where parked_reason is null) as oldest
      from (select parked_reason, created_at from outbox order by position limit ${countedRows}) as waiting`;
    metrics.outboxDepth.set(row?.depth ?? 0);
    metrics.outboxParked.set(row?.parked ?? 0);
    metrics.outboxLagSeconds.set(row?.oldest ? Math.max(0, (clock.now().getTime() - row.oldest.getTime()) / 1_000) : 0);
  } catch {
    // The relay's own attempts say that the database is away; the figures keep their last value.
  }
}
