/** One figure beside its bar. */
export interface Figure {
  /** The number of the bar in docs/benchmarks.md. */
  bar: string;
  what: string;
  value: number;
  unit: string;
  /** What the figure must be; absent for figures that only explain. */
  atLeast?: number;
  atMost?: number;
  /** Everything that was measured to get here: runs, peers, percentiles. */
  detail: Record<string, unknown>;
}

export interface Bench {
  name: string;
  what: string;
  run(context: BenchContext): Promise<Figure[]>;
}

export interface BenchContext {
  /** Fewer runs and less load: shows that the bench works, not what the figure is. */
  isQuick: boolean;
  progress(line: string): void;
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** The value that so many percent of the values do not exceed (nearest rank). */
export function percentile(values: readonly number[], percent: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

/** Tells whether a figure holds its bar; a figure without one always does. */
export function holds(figure: Figure): boolean {
  if (Number.isNaN(figure.value)) return false;
  if (figure.atLeast !== undefined && figure.value < figure.atLeast) return false;
  return figure.atMost === undefined || figure.value <= figure.atMost;
}

/** Rounds to three significant digits, so that a table can be read. */
export function short(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

/**
 * Measures two things in turn, A B A B …, so that a machine whose speed drifts slows both.
 * Gives back every pair, and each one to `onPair` as soon as it is there.
 */
export async function inTurn<A, B>(
  runs: number,
  measures: { a: () => Promise<A>; b: () => Promise<B>; onPair?: (pair: { a: A; b: B }) => void },
): Promise<{ a: A; b: B }[]> {
  const pairs: { a: A; b: B }[] = [];
  for (let run = 0; run < runs; run += 1) {
    const pair = { a: await measures.a(), b: await measures.b() };
    pairs.push(pair);
    measures.onPair?.(pair);
  }
  return pairs;
}
