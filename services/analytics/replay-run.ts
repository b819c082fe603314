import { setTimeout as delay } from 'node:timers/promises';
import { CommandFault } from '@millrace/runtime/command-fault.ts';
import type { Progress } from '@millrace/runtime/progress.ts';
import type { LogFile } from './log-file.ts';
import type { PlatformClient } from './platform-client.ts';
import type { ReplayRow } from './replay-lines.ts';
import { lineReader } from './replay-lines.ts';
import type { SiteView } from './site.ts';

/** What became of the lines of a log: `lines` is `added` + `known` + the skipped ones. */
export interface ReplayTotals {
  lines: number;
  /** Page views that are stored now. */
  added: number;
  /** Page views that were stored before. */
  known: number;
  skipped: Record<string, number>;
}

export interface ReplayOptions {
  log: LogFile;
  site: SiteView;
  platform: PlatformClient;
  /** How many times faster than it happened; as fast as it goes when it is missing. */
  speed: number | undefined;
  progress: Progress;
  stop: AbortSignal;
}

const batchRows = 500;
const batchChars = 400_000;
const paceMs = 1_000;
const storedPatienceMs = 120_000;
const pollMs = 50;

/** Sends a log and waits until everything that was accepted is stored. A stop ends it early; what was sent is kept. */
export async function replayLog(options: ReplayOptions): Promise<ReplayTotals> {
  const totals: ReplayTotals = { lines: 0, added: 0, known: 0, skipped: {} };
  try {
    await sendLog(options, totals);
  } catch (error) {
    // What a stop cut short failed for that reason: the counts so far stand.
    if (!options.stop.aborted) throw error;
  }
  return totals;
}

async function sendLog(options: ReplayOptions, totals: ReplayTotals): Promise<void> {
  const receipts: string[] = [];
  const pace = pacer(options);
  const read = lineReader(options.site);
  let batch: ReplayRow[] = [];
  let chars = 0;
  const send = async (): Promise<void> => {
    if (batch.length === 0) return;
    const outcome = await options.platform.importLines(options.site.id, batch.map((row) => row.json).join('\n'));
    for (const { reason } of outcome.dropped) skip(totals, reason);
    totals.added += outcome.accepted;
    totals.known += outcome.duplicates;
    if (outcome.receipt) receipts.push(outcome.receipt);
    batch = [];
    chars = 0;
    showProgress(options, totals);
  };
  for await (const text of options.log.lines()) {
    if (options.stop.aborted) break;
    totals.lines += 1;
    const result = read(text);
    if (result.outcome === 'skipped') {
      skip(totals, result.reason);
      continue;
    }
    const first = batch[0];
    if (first && (batch.length >= batchRows || chars > batchChars || pace.isNextBeat(first.at, result.row.at))) {
      await send();
      await pace.wait(result.row.at, totals.added > 0);
    }
    batch.push(result.row);
    chars += result.row.json.length;
  }
  if (!options.stop.aborted) await send();
  await waitUntilStored(receipts, options);
}

function skip(totals: ReplayTotals, reason: string): void {
  totals.skipped[reason] = (totals.skipped[reason] ?? 0) + 1;
}

export const skippedLines = (totals: ReplayTotals): number =>
  Object.values(totals.skipped).reduce((sum, count) => sum + count, 0);

const number = new Intl.NumberFormat('en');

function showProgress({ log, progress }: ReplayOptions, totals: ReplayTotals): void {
  const counts = `${number.format(totals.added)} sent, ${number.format(totals.known)} known, ${number.format(skippedLines(totals))} skipped`;
  progress.show(log.readBytes() / Math.max(1, log.bytes), `${number.format(totals.lines)} lines: ${counts}`);
}

/** Keeps the log's own pace, so many times faster. It begins with the first view that is new, so that a second run catches up. */
function pacer({ speed, stop }: Pick<ReplayOptions, 'speed' | 'stop'>) {
  let anchor: { realMs: number; logMs: number } | undefined;
  return {
    isNextBeat: (first: Date, next: Date): boolean =>
      speed !== undefined && next.getTime() - first.getTime() >= paceMs * speed,
    async wait(next: Date, hasNew: boolean): Promise<void> {
      if (speed === undefined || !hasNew) return;
      anchor ??= { realMs: performance.now(), logMs: next.getTime() };
      const waitMs = anchor.realMs + (next.getTime() - anchor.logMs) / speed - performance.now();
      if (waitMs > 0) await delay(waitMs, undefined, { signal: stop }).catch(() => undefined);
    },
  };
}

async function waitUntilStored(
  receipts: readonly string[],
  { platform, progress, stop }: Pick<ReplayOptions, 'platform' | 'progress' | 'stop'>,
): Promise<void> {
  let endMs = performance.now() + storedPatienceMs;
  for (const [index, receipt] of receipts.entries()) {
    for (;;) {
      if (stop.aborted) return;
      const { state, reason } = await platform.readReceipt(receipt);
      if (state === 'dead')
        throw new CommandFault(5, `A batch could not be stored: ${reason ?? 'no reason is known'}.`);
      if (state === 'stored') break;
      if (performance.now() > endMs) {
        const waiting = receipts.length - index;
        throw new CommandFault(
          5,
          `${waiting} batches are committed, but not stored after ${storedPatienceMs / 1_000} s.`,
        );
      }
      await delay(pollMs, undefined, { signal: stop }).catch(() => undefined);
    }
    endMs = performance.now() + storedPatienceMs;
    progress.show(1, `stored ${index + 1} of ${receipts.length} batches`);
  }
}
