// Which figures a question needs, from which side, and how they add up. Pure.
import type { Cell, Segment, TimeRange } from './time-range.ts';
import { cellOf, dayMs, isWholeDay, quarterMs, segmentsOf } from './time-range.ts';

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

/** A stretch of one day that only the events can answer, next to the stretch that a roll-up answers. */
export interface Rest extends TimeRange {
  known?: TimeRange;
}

/** A question to one side: cells of its roll-ups and what is left besides, or under filters whole layers of segments. */
export interface Needs {
  cells: Cell[];
  rests: Rest[];
  layers: Segment[][];
}

export type Figures = ReadonlyMap<string, Counts>;

export const segmentKey = (segment: TimeRange): string => `${segment.fromMs} ${segment.toMs}`;
export const cellKey = (cell: Cell): string => `${cell.quarterMs} ${cell.columns}`;
export const restKey = (rest: Rest): string => `rest ${segmentKey(rest)} ${rest.known ? segmentKey(rest.known) : ''}`;

/** Days before the boundary are the warehouse's. */
export const sideOf = (segment: Segment, boundaryMs: number): Side =>
  segment.dayMs < boundaryMs ? 'redshift' : 'aurora';

/** How a segment is counted without filters: by a cell of the roll-ups, by events, or by a cell and a few minutes of events. */
export function partsOf(segment: Segment): { cell?: Cell; rest?: Rest } {
  const cell = cellOf(segment);
  if (cell) return { cell };
  const { dayMs: day, fromMs, toMs } = segment;
  const dayEnd = day + dayMs;
  const cut = fromMs === day ? Math.floor(toMs / quarterMs) * quarterMs : Math.ceil(fromMs / quarterMs) * quarterMs;
  if (fromMs === day && cut > day) {
    const rest = { fromMs: cut, toMs, known: { fromMs: day, toMs: cut } };
    return { cell: { quarterMs: cut, columns: 'before' }, rest };
  }
  if (toMs === dayEnd && cut < dayEnd) {
    const rest = { fromMs, toMs: cut, known: { fromMs: cut, toMs: dayEnd } };
    return { cell: { quarterMs: cut, columns: 'after' }, rest };
  }
  return { rest: { fromMs, toMs } };
}

/**
 * What each side must be asked for layers of segments; roll-ups answer only without filters.
 * The segments of a layer follow each other without a gap.
 */
export function needsOf(
  layers: readonly (readonly Segment[])[],
  options: { boundaryMs: number; isFiltered: boolean },
): Map<Side, Needs> {
  const needs = new Map<Side, Needs>();
  for (const side of ['redshift', 'aurora'] as const) {
    const own = layers.map((layer) => layer.filter((segment) => sideOf(segment, options.boundaryMs) === side));
    if (own.every((layer) => layer.length === 0)) continue;
    if (options.isFiltered) needs.set(side, { cells: [], rests: [], layers: distinctLayers(own) });
    else needs.set(side, { ...distinctParts(own.flat()), layers: [] });
  }
  return needs;
}

/** A layer that is made of segments of the one before needs no question of its own. */
function distinctLayers(layers: Segment[][]): Segment[][] {
  const seen = new Set<string>();
  return layers.filter((layer) => {
    const isNew = layer.some((segment) => !seen.has(segmentKey(segment)));
    for (const segment of layer) seen.add(segmentKey(segment));
    return isNew;
  });
}

function distinctParts(segments: readonly Segment[]): { cells: Cell[]; rests: Rest[] } {
  const parts = segments.map(partsOf);
  const cells = new Map(parts.flatMap(({ cell }) => (cell ? [[cellKey(cell), cell]] : [])));
  const rests = new Map(parts.flatMap(({ rest }) => (rest ? [[restKey(rest), rest]] : [])));
  return { cells: [...cells.values()], rests: [...rests.values()] };
}

/** Adds up segments; a figure that nobody gave counts nothing. */
export function addUp(segments: readonly Segment[], figures: Figures): Counts {
  return segments.reduce((sum, segment) => {
    const whole = figures.get(segmentKey(segment));
    if (whole) return add(sum, whole);
    const { cell, rest } = partsOf(segment);
    const counted = [cell && figures.get(cellKey(cell)), rest && figures.get(restKey(rest))];
    return counted.reduce<Counts>((total, counts) => (counts ? add(total, counts) : total), sum);
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
