// Answers questions from both sides at once. Aurora must answer; the warehouse may be away: then its part is missing
// and the answer says so.

import { withDeadline } from '@millrace/runtime/deadline.ts';
import type { Clock } from '@millrace/runtime/ports.ts';
import type { Counts, Figures, Side } from './query-plan.ts';
import { addUp, needsOf, valueNeedsOf } from './query-plan.ts';
import type { Filters, ValuePage } from './query-sql.ts';
import type { SiteFacts, Source, ValueLine } from './query-store.ts';
import type { Dimension } from './roll-up-sql.ts';
import type { Bucket, Interval, TimeRange } from './time-range.ts';
import { bucketsOf, dayMs, hotBoundary, segmentsOf, startOfDay } from './time-range.ts';

export interface QueryParts {
  aurora: Source;
  redshift: Source;
  clock: Clock;
  /** How long an answer waits for the warehouse. */
  warehouseMs: number;
  onWarehouseFault(error: unknown): void;
}

/** How an answer came about: from which side, how old, and whether anything is missing. */
export interface Origin {
  source: Side | 'both';
  asOf: string;
  complete: boolean;
}

export interface Stats extends Origin {
  visitors: number;
  visits: number;
  pageviews: number;
  bounceRate: number;
  avgVisitSeconds: number;
  series: { start: string; visitors: number; visits: number; pageviews: number }[];
}

export interface Breakdown extends Origin {
  lines: ValueLine[];
  hasMore: boolean;
}

interface Question {
  siteId: string;
  range: TimeRange;
  filters: Filters;
  facts: SiteFacts;
}

const pauseMs = 2_000;
/** More values than this are not read from two sides for one page; the answer then says that it is not complete. */
const maxMergedValues = 20_000;

export interface Queries {
  stats(question: Question & { interval: Interval; zone: string }): Promise<Stats>;
  breakdown(question: Question & { by: Dimension; page: ValuePage }): Promise<Breakdown>;
}

export function queries(parts: QueryParts): Queries {
  const ask = sideAsker(parts);
  return {
    stats: async (question) => {
      const { siteId, range, filters, interval, zone } = question;
      const boundaryMs = hotBoundary(parts.clock.now());
      const toMs = quietEnd(range, { boundaryMs, lastAt: question.facts.lastAt });
      const total = segmentsOf({ fromMs: range.fromMs, toMs });
      const buckets = bucketsOf(range, { interval, zone }).map((bucket) =>
        bucket.toMs === range.toMs ? { ...bucket, segments: segmentsOf({ fromMs: bucket.fromMs, toMs }) } : bucket,
      );
      const isFiltered = Object.keys(filters).length > 0;
      const needs = needsOf([total, buckets.flatMap((bucket) => bucket.segments)], { boundaryMs, isFiltered });
      const answers = await ask(needs, question, (source, own) => source.figures({ siteId, needs: own, filters }));
      const figures: Figures = new Map(answers.given.flatMap((given) => [...given]));
      return { ...sum(addUp(total, figures)), series: seriesOf(buckets, figures), ...answers.origin };
    },
    breakdown: async (question) => {
      const { siteId, filters, by, page } = question;
      const boundaryMs = hotBoundary(parts.clock.now());
      const toMs = quietEnd(question.range, { boundaryMs, lastAt: question.facts.lastAt });
      const range = { fromMs: question.range.fromMs, toMs };
      const needs = valueNeedsOf(range, { boundaryMs, isFiltered: Object.keys(filters).length > 0 });
      const isMerged = needs.size > 1;
      const asked = isMerged
        ? { sort: page.sort, limit: maxMergedValues + 1, isPart: true }
        : { ...page, limit: page.limit + 1 };
      const answers = await ask(needs, question, (source, own) =>
        source.values({ siteId, by, needs: own, filters, page: asked }),
      );
      const isCut = isMerged && answers.given.some((given) => given.length > maxMergedValues);
      const lines = isMerged ? mergeLines(answers.given, page) : (answers.given[0] ?? []);
      const complete = answers.origin.complete && !isCut;
      return { lines: lines.slice(0, page.limit), hasMore: lines.length > page.limit, ...answers.origin, complete };
    },
  };
}

/** A day in which nothing happened after the range ends counts as a whole: then its roll-ups have the answer. */
function quietEnd(range: TimeRange, known: { boundaryMs: number; lastAt: Date | undefined }): number {
  const day = startOfDay(range.toMs - 1);
  const isQuiet = known.lastAt === undefined || known.lastAt.getTime() < range.toMs;
  return isQuiet && day >= known.boundaryMs ? day + dayMs : range.toMs;
}

interface Answers<Given> {
  given: Given[];
  origin: Origin;
}

/** Asks the sides that a question needs. A warehouse that just failed is left alone for two seconds. */
function sideAsker(parts: QueryParts) {
  let awayUntilMs = 0;
  const askWarehouse = async <Given>(work: () => Promise<Given>): Promise<Given | undefined> => {
    if (performance.now() < awayUntilMs) return undefined;
    try {
      return await withDeadline(work(), parts.warehouseMs);
    } catch (error) {
      awayUntilMs = performance.now() + pauseMs;
      parts.onWarehouseFault(error);
      return undefined;
    }
  };
  return async <Needs, Given>(
    needs: Map<Side, Needs>,
    question: Question,
    read: (source: Source, own: Needs) => Promise<Given>,
  ): Promise<Answers<Given>> => {
    const [hot, old] = [needs.get('aurora'), needs.get('redshift')];
    const before = new Date(hotBoundary(parts.clock.now()));
    const [hotGiven, oldGiven] = await Promise.all([
      hot && read(parts.aurora, hot),
      old &&
        askWarehouse(() =>
          Promise.all([read(parts.redshift, old), parts.redshift.behindSince(question.siteId, before)]),
        ),
    ]);
    const ages = [
      ...(hot ? [question.facts.behindSince] : []),
      ...(old ? [question.facts.loadedAt ?? new Date(0), oldGiven?.[1]] : []),
    ];
    const asOf = ages.reduce<Date>((oldest, age) => (age && age < oldest ? age : oldest), parts.clock.now());
    return {
      given: [hotGiven, oldGiven?.[0]].filter((given) => given !== undefined) as Given[],
      origin: {
        source: hot && old ? 'both' : old ? 'redshift' : 'aurora',
        asOf: asOf.toISOString(),
        complete: old === undefined || oldGiven !== undefined,
      },
    };
  };
}

function sum(counts: Counts) {
  const { views, visitors, visits, bounces, milliseconds } = counts;
  return {
    visitors,
    visits,
    pageviews: views,
    bounceRate: visits === 0 ? 0 : bounces / visits,
    avgVisitSeconds: visits === 0 ? 0 : milliseconds / 1000 / visits,
  };
}

const seriesOf = (buckets: readonly Bucket[], figures: Figures): Stats['series'] =>
  buckets.map((bucket) => {
    const { visitors, visits, views } = addUp(bucket.segments, figures);
    return { start: new Date(bucket.startMs).toISOString(), visitors, visits, pageviews: views };
  });

/** Adds the lines of both sides by value and gives the page, with a line more than it has. */
export function mergeLines(sides: readonly (readonly ValueLine[])[], page: ValuePage): ValueLine[] {
  const sums = new Map<string, ValueLine>();
  for (const line of sides.flat()) {
    const known = sums.get(line.value);
    if (!known) sums.set(line.value, { ...line });
    else {
      known.pageviews += line.pageviews;
      known.visits += line.visits;
      known.visitors += line.visitors;
      known.seconds += line.seconds;
    }
  }
  const { sort, after, limit } = page;
  const follows = (line: ValueLine): boolean =>
    !after || line[sort] < after.count || (line[sort] === after.count && line.value > after.value);
  return [...sums.values()]
    .filter((line) => line.pageviews > 0 && follows(line))
    .sort((a, b) => b[sort] - a[sort] || (a.value < b.value ? -1 : 1))
    .slice(0, limit + 1);
}
