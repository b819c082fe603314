// Which figures a question needs, from which side, and how they add up. Pure.
import type { Cell, Segment, TimeRange } from './time-range.ts';
import { cellOf, isWholeDay, segmentsOf } from './time-range.ts';

/** What is counted of a stretch of time. */
export interface Counts {
  views: number;
  visitors: number;
  visits: number;
  bounces: number;
  milliseconds: number;
}

export const noCounts: Counts = { views: 0, visitors: 0, visits: 0, bounces: 0, milliseconds: 0 };

export type Side = 'aurora' | 'redshift';

/** A question to one side: cells of its roll-ups, and segments that only its events can answer. */
export interface Needs {
  cells: Cell[];
  segments: Segment[];
}

export type Figures = ReadonlyMap<string, Counts>;

export const segmentKey = (segment: TimeRange): string => `${segment.fromMs} ${segment.toMs}`;
export const cellKey = (cell: Cell): string => `${cell.quarterMs} ${cell.columns}`;

/** Days before the boundary are the warehouse's. */
export const sideOf = (segment: Segment, boundaryMs: number): Side =>
  segment.dayMs < boundaryMs ? 'redshift' : 'aurora';

/** What each side must be asked for these segments; roll-ups answer only without filters. */
export function needsOf(
  segments: readonly Segment[],
  options: { boundaryMs: number; isFiltered: boolean },
): Map<Side, Needs> {
  const needs = new Map<Side, { cells: Map<string, Cell>; segments: Map<string, Segment> }>();
  for (const segment of segments) {
    const side = sideOf(segment, options.boundaryMs);
    const own = needs.get(side) ?? { cells: new Map<string, Cell>(), segments: new Map<string, Segment>() };
    needs.set(side, own);
    const cell = options.isFiltered ? undefined : cellOf(segment);
    if (cell) own.cells.set(cellKey(cell), cell);
    else own.segments.set(segmentKey(segment), segment);
  }
  return new Map(
    [...needs].map(([side, own]) => [side, { cells: [...own.cells.values()], segments: [...own.segments.values()] }]),
  );
}

/** Adds up segments; a figure that nobody gave counts nothing. */
export function addUp(segments: readonly Segment[], figures: Figures): Counts {
  return segments.reduce((sum, segment) => {
    const cell = cellOf(segment);
    const counts = figures.get(segmentKey(segment)) ?? (cell && figures.get(cellKey(cell)));
    return counts ? add(sum, counts) : sum;
  }, noCounts);
}

const add = (a: Counts, b: Counts): Counts => ({
  views: a.views + b.views,
  visitors: a.visitors + b.visitors,
  visits: a.visits + b.visits,
  bounces: a.bounces + b.bounces,
  milliseconds: a.milliseconds + b.milliseconds,
});

/** A part of a breakdown that one side answers: whole days by roll-ups, the rest by events. */
export interface ValueNeeds {
  days?: TimeRange;
  ranges: TimeRange[];
}

/** What each side must be asked for a breakdown of a range. */
export function valueNeedsOf(
  range: TimeRange,
  options: { boundaryMs: number; isFiltered: boolean },
): Map<Side, ValueNeeds> {
  const needs = new Map<Side, ValueNeeds>();
  for (const part of splitAt(range, options.boundaryMs)) {
    const side = part.toMs <= options.boundaryMs ? 'redshift' : 'aurora';
    if (options.isFiltered) {
      needs.set(side, { ranges: [part] });
      continue;
    }
    const segments = segmentsOf(part);
    const whole = segments.filter(isWholeDay);
    const [first, last] = [whole[0], whole.at(-1)];
    needs.set(side, {
      ...(first && last && { days: { fromMs: first.fromMs, toMs: last.toMs } }),
      ranges: segments.filter((segment) => !isWholeDay(segment)).map(({ fromMs, toMs }) => ({ fromMs, toMs })),
    });
  }
  return needs;
}

function splitAt(range: TimeRange, atMs: number): TimeRange[] {
  if (range.fromMs >= atMs || range.toMs <= atMs) return [range];
  return [
    { fromMs: range.fromMs, toMs: atMs },
    { fromMs: atMs, toMs: range.toMs },
  ];
}
