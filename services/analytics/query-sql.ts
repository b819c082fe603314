// The questions as SQL that PostgreSQL and Redshift both take: one text for hot and for old days.
// Only parameters differ; no value of a caller is ever part of a text.

import { ownPages } from './page-address.ts';
import type { Rest } from './query-plan.ts';
import type { Dimension } from './roll-up-sql.ts';
import { dimensionColumns, quarterColumns } from './roll-up-sql.ts';
import type { Segment, TimeRange } from './time-range.ts';
import { dayMs, startOfDay } from './time-range.ts';

export interface Statement {
  text: string;
  values: (number | string)[];
}

/** What the caller looks for; an empty value stands for none. */
export type Filters = Partial<Record<Dimension, string>>;

export interface ValuePage {
  limit: number;
  sort: 'pageviews' | 'visitors';
  /** The last line of the page before. */
  after?: { count: number; value: string } | undefined;
  /** One of two sides: its values are added to the other's, so those with time and no view stay in. */
  isPart?: boolean;
}

interface ValueQuestion {
  siteId: string;
  by: Dimension;
  filters: Filters;
  /** Whole UTC days that the roll-ups answer, `[from, to)`; none with filters. */
  days?: TimeRange | undefined;
  /** What the events themselves must answer. */
  ranges: TimeRange[];
  page: ValuePage;
}

const instant = (atMs: number): string => new Date(atMs).toISOString();
const dayOf = (atMs: number): string => instant(atMs).slice(0, 10);
const milliseconds = (column: string): string => `cast(round(extract(epoch from ${column}) * 1000) as bigint)`;
const lengthMs = `${milliseconds('v.ended_at')} - ${milliseconds('v.started_at')}`;
const bounce = 'case when v.views = 1 and v.customs = 0 then 1 else 0 end';
const utcDay = (column: string): string => `cast(${column} at time zone 'UTC' as date)`;

/** Rows of `rollup_quarter`, by their quarters. The list is filled up, so that few texts are made and kept prepared. */
export function cellStatement(siteId: string, quarters: readonly number[]): Statement {
  const list = new Parameters(siteId);
  const room = 2 ** Math.ceil(Math.log2(Math.max(1, quarters.length)));
  const filled = Array.from({ length: room }, (_, index) => quarters[Math.min(index, quarters.length - 1)] ?? 0);
  const marks = filled.map((quarterMs) => list.add(instant(quarterMs)));
  return list.statement(`
select ${quarterColumns.slice(1).join(', ')}
from rollup_quarter
where site_id = $1 and quarter in (${marks.join(', ')})`);
}

/**
 * Counts of a stretch of one day by the events themselves, without a filter. With `known` only what a roll-up of that
 * neighbouring stretch does not have: visits that do not reach into it, and visitors who have no visit there.
 */
export function restStatement(siteId: string, rest: Rest): Statement {
  const { fromMs, toMs, known } = rest;
  const list = new Parameters(siteId);
  const at = (atMs: number): string => `cast(${list.add(instant(atMs))} as timestamptz)`;
  const day = startOfDay(fromMs);
  const [from, to, dayStart] = [at(fromMs), at(toMs), at(day)];
  const isKnownBefore = known !== undefined && known.toMs === fromMs;
  const start = isKnownBefore ? from : dayStart;
  const own = `v.site_id = $1 and v.started_at >= ${start} and v.started_at < ${to} and v.ended_at >= ${from}${
    known && !isKnownBefore ? ` and v.ended_at < ${to}` : ''
  }`;
  const there = isKnownBefore
    ? `o.started_at >= ${dayStart} and o.started_at < ${from}`
    : `o.started_at >= ${dayStart} and o.started_at < ${known ? at(day + dayMs) : ''} and o.ended_at >= ${to}`;
  const elsewhere = known
    ? `
    and not exists (select 1 from visit o where o.site_id = $1 and o.visitor = v.visitor and ${there})`
    : '';
  return list.statement(`
select e.views, w.visitors, v.visits, v.bounces, v.milliseconds
from (
  select count(*) as views from event e
  where e.site_id = $1 and e.at >= ${from} and e.at < ${to} and e.type = 'pageview'
) e
cross join (
  select count(*) as visits, coalesce(sum(${bounce}), 0) as bounces, coalesce(sum(${lengthMs}), 0) as milliseconds
  from visit v
  where ${own}
) v
cross join (
  select count(distinct v.visitor) as visitors
  from visit v
  where ${own}${elsewhere}
) w`);
}

/**
 * Counts of segments under filters: the page views that pass, and the visits that have one; `n` is the segment's place.
 * The segments follow each other without a gap. The filter `event` passes the visits in which that event happened,
 * wherever in the visit.
 */
export function filteredStatement(
  siteId: string,
  question: { segments: readonly Segment[]; filters: Filters },
): Statement {
  const { segments, filters } = question;
  const range = { fromMs: segments[0]?.fromMs ?? 0, toMs: segments.at(-1)?.toMs ?? 0 };
  const list = new Parameters(siteId);
  const [fromMark, toMark] = [list.add(instant(range.fromMs)), list.add(instant(range.toMs))];
  const within = `e.at >= cast(${fromMark} as timestamptz) and e.at < cast(${toMark} as timestamptz)`;
  return list.statement(`
with ${visitSelect(list, { ranges: [range], filters })},
viewed as (
  select e.visitor, e.at, ${placeOf(list, segments)} as n
  from event e
  where e.site_id = $1 and ${within} and e.type = 'pageview'${pageFilter(list, filters)}
),
visit_in as (
  select e.n, v.visitor, v.started_at, max(v.ended_at) as ended_at, max(v.views) as views, max(v.customs) as customs,
    count(*) as matched
  from viewed e
  join visit_of v on v.visitor = e.visitor and v.started_at <= e.at and v.ended_at >= e.at
  group by e.n, v.visitor, v.started_at
)
select v.n, sum(v.matched) as views, count(distinct v.visitor) as visitors, count(*) as visits,
  sum(${bounce}) as bounces, sum(${lengthMs}) as milliseconds
from visit_in v
group by v.n`);
}

/** The place of an event's segment in the list, found by halving: eight comparisons for a year of days. */
function placeOf(list: Parameters, segments: readonly Segment[]): string {
  const halve = (first: number, last: number): string => {
    if (first >= last) return String(first);
    const middle = Math.ceil((first + last) / 2);
    const cut = list.add(instant(segments[middle]?.fromMs ?? 0));
    return `case when e.at < cast(${cut} as timestamptz) then ${halve(first, middle - 1)} else ${halve(middle, last)} end`;
  };
  return halve(0, segments.length - 1);
}

/**
 * The values of a dimension with their counts, the largest first; a line more than the page has. Views that came from the
 * site's own pages have no referrer to list: nobody came from elsewhere, and direct visits are another thing.
 */
export function valueStatement(question: ValueQuestion): Statement {
  const { days, ranges, page } = question;
  const list = new Parameters(question.siteId);
  const parts: string[] = [];
  if (days) {
    parts.push(`select value, views, visits, visitors, seconds
  from rollup_day
  where site_id = $1 and dimension = '${question.by}'
    and day >= cast(${list.add(dayOf(days.fromMs))} as date) and day < cast(${list.add(dayOf(days.toMs))} as date)`);
  }
  const raw = ranges.length > 0 ? rawValues(list, question) : undefined;
  if (raw) parts.push('select value, views, visits, visitors, seconds from value_of_range');
  const order = page.sort === 'pageviews' ? 'sum(views)' : 'sum(visitors)';
  return list.statement(`
${raw ?? ''}
select value, sum(views) as views, sum(visits) as visits, sum(visitors) as visitors, sum(seconds) as seconds
from (
  ${parts.join('\n  union all\n  ')}
) part${question.by === 'referrer' ? `\nwhere value <> '${ownPages}'` : ''}
group by value
${page.isPart ? '' : `having sum(views) > 0${afterCondition(list, order, page.after)}\n`}order by ${order} desc, value
limit ${list.add(page.limit)}`);
}

function afterCondition(list: Parameters, order: string, after: ValuePage['after']): string {
  if (!after) return '';
  const count = `cast(${list.add(after.count)} as bigint)`;
  return ` and (${order} < ${count} or (${order} = ${count} and value > ${list.add(after.value)}))`;
}

function rawValues(list: Parameters, question: ValueQuestion): string {
  const { by, ranges, filters } = question;
  const isEvent = by === 'event';
  const within = ranges.map(({ fromMs, toMs }) => {
    const [from, to] = [list.add(instant(fromMs)), list.add(instant(toMs))];
    return `(e.at >= cast(${from} as timestamptz) and e.at < cast(${to} as timestamptz))`;
  });
  return `with ${visitSelect(list, { ranges, filters })},
value_of_visit as (
  select v.visitor, coalesce(e.${dimensionColumns[by]}, '') as value, v.day, v.started_at,
    sum(case when e.type <> 'engagement' then 1 else 0 end) as views,
    sum(case when e.type = 'engagement' then coalesce(e.seconds, 0) else 0 end) as seconds
  from event e
  join visit_of v on v.visitor = e.visitor and v.started_at <= e.at and v.ended_at >= e.at
  where e.site_id = $1 and (${within.join(' or ')})
    and e.type in (${isEvent ? "'custom'" : "'pageview', 'engagement'"})${pageFilter(list, filters)}
  group by v.visitor, coalesce(e.${dimensionColumns[by]}, ''), v.day, v.started_at
),
numbered as (
  select value, views, seconds, case when views > 0 then 1 else 0 end as visits,
    sum(case when views > 0 then 1 else 0 end) over (
      partition by visitor, value, day order by started_at rows between unbounded preceding and current row
    ) as visit_number
  from value_of_visit
),
value_of_range as (
  select value, sum(views) as views, sum(visits) as visits,
    sum(case when visits = 1 and visit_number = 1 then 1 else 0 end) as visitors, sum(seconds) as seconds
  from numbered
  group by value
)`;
}

/** The visits that overlap the ranges, with their UTC days; under the filter `event` only those that have it. */
function visitSelect(list: Parameters, options: { ranges: readonly TimeRange[]; filters: Filters }): string {
  const { ranges, filters } = options;
  const mark = (atMs: number): string => `cast(${list.add(instant(atMs))} as timestamptz)`;
  const parts = ranges.map((range) => {
    const [dayStart, from, to] = [startOfDay(range.fromMs), range.fromMs, range.toMs].map(mark);
    const overlap = `(v.started_at >= ${dayStart} and v.started_at < ${to} and v.ended_at >= ${from})`;
    return { overlap, dayStart, lastDayMs: startOfDay(range.toMs - 1) };
  });
  const overlap = `v.site_id = $1 and (${parts.map((part) => part.overlap).join(' or ')})`;
  const select = `visit_of as (
  select v.visitor, v.started_at, v.ended_at, v.views, v.customs, ${utcDay('v.started_at')} as day
  from visit v`;
  if (filters.event === undefined) return `${select}\n  where ${overlap}\n)`;
  const days = parts.map(({ dayStart, lastDayMs }) => `(c.at >= ${dayStart} and c.at < ${mark(lastDayMs + dayMs)})`);
  return `chosen as (
  select distinct v.visitor, v.started_at
  from event c
  join visit v on v.visitor = c.visitor and v.started_at <= c.at and v.ended_at >= c.at
  where c.site_id = $1 and (${days.join(' or ')}) and c.type = 'custom'
    and coalesce(c.name, '') = ${list.add(filters.event)} and ${overlap}
),
${select}
  join chosen c on c.visitor = v.visitor and c.started_at = v.started_at
  where ${overlap}
)`;
}

function pageFilter(list: Parameters, filters: Filters): string {
  return Object.entries(filters)
    .filter(([dimension]) => dimension !== 'event')
    .map(([dimension, value]) => {
      const column = `e.${dimensionColumns[dimension as Dimension]}`;
      return value === '' ? ` and (${column} is null or ${column} = '')` : ` and ${column} = ${list.add(value)}`;
    })
    .join('');
}

/** Numbers the parameters of one text; $1 is the site. */
class Parameters {
  readonly #values: (number | string)[];

  constructor(siteId: string) {
    this.#values = [siteId];
  }

  add(value: number | string): string {
    return `$${this.#values.push(value)}`;
  }

  statement(text: string): Statement {
    return { text, values: this.#values };
  }
}
