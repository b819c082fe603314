import { readFileSync } from 'node:fs';

/** Linux counts a process's time in hundredths of a second. */
const ticksPerSecond = 100;

/** The processor time that each of these processes has used so far, in seconds. A server of databases counts with its backends. */
export function cpuSeconds(pids: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(pids).map(([name, pid]) => {
      const all = name === 'postgres' ? [pid, ...childrenOf(pid)] : [pid];
      return [name, all.reduce((sum, each) => sum + usedBy(each), 0)];
    }),
  );
}

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

/** What each used between two readings, the most first. */
export function cpuBetween(before: Record<string, number>, after: Record<string, number>): Record<string, number> {
  const used = Object.entries(after).map(([name, seconds]) => [name, seconds - (before[name] ?? 0)] as const);
  return Object.fromEntries(
    used.sort(([, one], [, other]) => other - one).map(([name, seconds]) => [name, round(seconds)]),
  );
}

const round = (seconds: number): number => Math.round(seconds * 100) / 100;

function usedBy(pid: number): number {
  try {
    // The name in brackets may hold blanks; utime, stime, cutime and cstime are the 12th to 15th field after it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond;
  } catch {
    return 0;
  }
}
