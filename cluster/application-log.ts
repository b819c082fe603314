import { setTimeout as delay } from 'node:timers/promises';
import type { ApplicationState } from './applications.ts';

const standardPollMs = 1_000;
const messageChars = 400;
const nameWidth = 16;

/** Follows Applications and says a line for each change, until it is told to stop. */
export async function followApplications(facts: {
  read: () => Promise<ApplicationState[]>;
  say: (line: string) => void;
  now: () => Date;
  signal: AbortSignal;
  /** How often it looks; every second unless said. */
  pollMs?: number;
}): Promise<void> {
  const { pollMs = standardPollMs } = facts;
  let before = new Map<string, string>();
  while (!facts.signal.aborted) {
    // While the API server starts again there is nothing to tell.
    const states = await facts.read().catch(() => undefined);
    if (states) {
      const after = new Map(states.map((state): [string, string] => [state.name, lineOf(state)]));
      for (const line of changesOf(before, after)) facts.say(`${clock(facts.now())}  ${line}`);
      before = after;
    }
    await delay(pollMs, undefined, { signal: facts.signal }).catch(() => undefined);
  }
}

/** The lines that are new, and the names that are gone. */
export function changesOf(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const changed = [...after].filter(([name, line]) => before.get(name) !== line).map(([, line]) => line);
  const gone = [...before.keys()].filter((name) => !after.has(name)).map((name) => `${name.padEnd(nameWidth)} is gone`);
  return [...changed, ...gone];
}

/** `order  Synced  Healthy  1a2b3c4`, and what is wrong where something is. */
export function lineOf({ name, sync, health, revision, phase, message }: ApplicationState): string {
  const words = [name.padEnd(nameWidth), sync.padEnd(9), health.padEnd(11), revision.slice(0, 7).padEnd(7)];
  if (phase === 'Running') return [...words, 'syncing'].join('  ');
  const isWrong = message !== '' && (sync !== 'Synced' || health !== 'Healthy' || ['Failed', 'Error'].includes(phase));
  const why = isWrong ? message.replaceAll(/\s+/g, ' ').slice(0, messageChars) : '';
  return [...words, why].join('  ').trimEnd();
}

const clock = (now: Date): string => now.toTimeString().slice(0, 8);
