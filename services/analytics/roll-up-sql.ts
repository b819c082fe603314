// The roll-ups as SQL that PostgreSQL and Redshift both run, so that hot and old days are counted by one text.
// Hence no filter, lateral, values, arrays, generate_series or distinct on, and a frame for each window that sums.
//
// What is counted. A visit belongs to one UTC day, and so does a visitor: both add up over days.
// - views: page views, by their own time.
// - visits, visitors, bounces, seconds of a range: of the visits that overlap [from, to); a bounce has exactly one page
//   view and no custom event; seconds is from the first to the last event of each visit.
// - per value of a dimension: page views with that value, and the visits and visitors that have one; seconds is the
//   engaged time that its engagement events report. The dimension `event` counts custom events by name instead.
//   An absent value is ''.
//
// Each function takes `changedDay`: a select of (site_id, day date, starts_at, ends_at), the UTC days to count.

/** What a day is broken down by, and the column that holds it. */
export const dimensionColumns = {
  path: 'path',
  referrer: 'referrer',
  country: 'country',
  browser: 'browser',
  os: 'os',
  device: 'device',
  language: 'language',
  campaign: 'utm_campaign',
  source: 'utm_source',
  event: 'name',
} as const;
export type Dimension = keyof typeof dimensionColumns;

/** The columns of `visitSelect`, `rollUpQuarterSelect` and `rollUpDaySelect`, in their order. */
export const visitColumns = ['site_id', 'visitor', 'started_at', 'ended_at', 'views', 'customs'] as const;
const measures = ['views', 'visitors', 'visits', 'bounces', 'seconds'] as const;
export const quarterColumns = [
  'site_id',
  'quarter',
  ...['before', 'hour', 'after'].flatMap((range) => measures.map((measure) => `${range}_${measure}`)),
] as const;
export const dayColumns = ['site_id', 'day', 'dimension', 'value', 'views', 'visits', 'visitors', 'seconds'] as const;

/** The visits of the changed days, from their events alone. */
export function visitSelect(changedDay: string): string {
  const visitor = 'partition by site_id, day, visitor order by at, id';
  return `
with changed_day as (${changedDay}),
marked as (
  select e.id, e.site_id, d.day, e.visitor, e.at, e.type,
    lag(e.at) over (partition by e.site_id, d.day, e.visitor order by e.at, e.id) as previous_at
  from changed_day d
  join event e on e.site_id = d.site_id and e.at >= d.starts_at and e.at < d.ends_at
),
numbered as (
  select site_id, day, visitor, at, type,
    sum(case when previous_at >= at - interval '30 minutes' then 0 else 1 end)
      over (${visitor} rows between unbounded preceding and current row) as run
  from marked
)
select site_id, visitor, min(at) as started_at, max(at) as ended_at,
  cast(sum(case when type = 'pageview' then 1 else 0 end) as integer) as views,
  cast(sum(case when type = 'custom' then 1 else 0 end) as integer) as customs
from numbered
group by site_id, day, visitor, run`;
}

const milliseconds = (instant: string) => `cast(round(extract(epoch from ${instant}) * 1000) as bigint)`;

/** What a mark adds up: views, starts and ends of visits, first and last visits of visitors, visits that repeat a visitor. */
const marks = [
  'views',
  'starts',
  'start_bounces',
  'start_seconds',
  'firsts',
  'ends',
  'end_bounces',
  'end_seconds',
  'lasts',
  'repeats',
] as const;
type Mark = (typeof marks)[number];

function markSelect(options: { n: string; from: string; sums: Partial<Record<Mark, string>> }): string {
  const { n, from, sums } = options;
  const columns = marks.map((mark) => `${sums[mark] ?? '0'} as ${mark}`);
  return `select site_id, day, starts_at, ${n} as n, ${columns.join(', ')}
  from ${from}
  group by site_id, day, starts_at, ${n}`;
}

/**
 * 96 rows for each changed day with activity.
 * Counts are running sums: visits that overlap [a, b) are those that started before b, less those that ended before a.
 * Two visits of a visitor in one hour count one visitor: their gap is over 30 minutes, so at most two hours hold both.
 */
export function rollUpQuarterSelect(changedDay: string): string {
  return `
with changed_day as (${changedDay}),
measured_day as (
  select site_id, day, starts_at, ends_at, ${milliseconds('starts_at')} as starts_ms from changed_day
),
view_of_day as (
  select e.site_id, d.day, d.starts_at, (${milliseconds('e.at')} - d.starts_ms) / 900000 as n
  from measured_day d
  join event e on e.site_id = d.site_id and e.at >= d.starts_at and e.at < d.ends_at
  where e.type = 'pageview'
),
timed_visit as (
  select v.site_id, d.day, d.starts_at, v.visitor,
    ${milliseconds('v.started_at')} - d.starts_ms as started_ms,
    ${milliseconds('v.ended_at')} - d.starts_ms as ended_ms,
    case when v.views = 1 and v.customs = 0 then 1 else 0 end as bounce
  from measured_day d
  join visit v on v.site_id = d.site_id and v.started_at >= d.starts_at and v.started_at < d.ends_at
),
visit_of_day as (
  select site_id, day, starts_at, visitor, bounce, started_ms, started_ms / 900000 as started, ended_ms / 900000 as ended,
    (ended_ms - started_ms) * 0.001 as seconds
  from timed_visit
),
visit_in_row as (
  select site_id, day, starts_at, started, ended, bounce, seconds,
    lag(ended) over (partition by site_id, day, visitor order by started_ms) as previous_ended,
    lead(started) over (partition by site_id, day, visitor order by started_ms) as next_started
  from visit_of_day
),
mark as (
  ${markSelects().join('\n  union all\n  ')}
),
active_day as (
  select distinct site_id, day, starts_at from mark
),
tally as (
  select a.site_id, a.day, a.starts_at, q.n, ${marks.map((mark) => `coalesce(sum(m.${mark}), 0) as ${mark}`).join(', ')}
  from active_day a
  cross join quarter_of_day q
  left join mark m on m.site_id = a.site_id and m.day = a.day and m.n = q.n
  group by a.site_id, a.day, a.starts_at, q.n
)
select site_id, starts_at + n * interval '15 minutes' as quarter,
  ${figures().join(',\n  ')}
from tally`;
}

function markSelects(): string[] {
  const lasting = (edge: 'start' | 'end') => ({
    [`${edge}s`]: 'count(*)',
    [`${edge}_bounces`]: 'sum(bounce)',
    [`${edge}_seconds`]: 'sum(seconds)',
  });
  const firsts = 'sum(case when previous_ended is null then 1 else 0 end)';
  const lasts = 'sum(case when next_started is null then 1 else 0 end)';
  const inBoth = (hours: string) => `visit_in_row where ${hours}`;
  const repeats = { repeats: 'count(*)' };
  return [
    markSelect({ n: 'n', from: 'view_of_day', sums: { views: 'count(*)' } }),
    markSelect({ n: 'started', from: 'visit_in_row', sums: { ...lasting('start'), firsts } }),
    markSelect({ n: 'ended', from: 'visit_in_row', sums: { ...lasting('end'), lasts } }),
    markSelect({ n: 'previous_ended', from: inBoth('started <= previous_ended + 3'), sums: repeats }),
    markSelect({
      n: 'previous_ended - 1',
      from: inBoth('started <= previous_ended + 2 and previous_ended >= 1'),
      sums: repeats,
    }),
  ];
}

/** The columns of a quarter from the running sums of its day. */
function figures(): string[] {
  const sum = (mark: Mark, frame: string) =>
    `coalesce(sum(${mark}) over (partition by site_id, day order by n rows between ${frame}), 0)`;
  const before = (mark: Mark) => sum(mark, 'unbounded preceding and 1 preceding');
  const after = (mark: Mark) => sum(mark, 'current row and unbounded following');
  const overlap = (starts: Mark, ends: Mark) =>
    `${sum(starts, 'unbounded preceding and 3 following')} - ${before(ends)}`;
  const integer = (value: string, name: string) => `cast(${value} as integer) as ${name}`;
  return [
    integer(before('views'), 'before_views'),
    integer(before('firsts'), 'before_visitors'),
    integer(before('starts'), 'before_visits'),
    integer(before('start_bounces'), 'before_bounces'),
    `${before('start_seconds')} as before_seconds`,
    integer(overlap('views', 'views'), 'hour_views'),
    integer(`${overlap('starts', 'ends')} - repeats`, 'hour_visitors'),
    integer(overlap('starts', 'ends'), 'hour_visits'),
    integer(overlap('start_bounces', 'end_bounces'), 'hour_bounces'),
    `${overlap('start_seconds', 'end_seconds')} as hour_seconds`,
    integer(after('views'), 'after_views'),
    integer(after('lasts'), 'after_visitors'),
    integer(after('ends'), 'after_visits'),
    integer(after('end_bounces'), 'after_bounces'),
    `${after('end_seconds')} as after_seconds`,
  ];
}

/**
 * One row for each changed day, dimension and value.
 * Visits and their days are numbered, so that the big groupings have small keys. Only visitors with several visits on a
 * day can be counted twice: those are told apart by number, all others (0) are as many as their visits.
 */
export function rollUpDaySelect(changedDay: string): string {
  const dimensions = Object.entries(dimensionColumns);
  return `
with changed_day as (${changedDay}),
numbered_day as (
  select site_id, day, starts_at, ends_at, row_number() over (order by site_id, day) as day_number from changed_day
),
visit_of_day as (
  select v.site_id, v.visitor, v.started_at, v.ended_at, d.day_number,
    row_number() over (order by v.site_id, v.visitor, v.started_at) as visit_number,
    dense_rank() over (order by v.site_id, v.visitor, d.day_number) as visitor_number,
    lag(v.started_at) over (partition by v.site_id, v.visitor, d.day_number order by v.started_at) as previous_at,
    lead(v.started_at) over (partition by v.site_id, v.visitor, d.day_number order by v.started_at) as next_at
  from numbered_day d
  join visit v on v.site_id = d.site_id and v.started_at >= d.starts_at and v.started_at < d.ends_at
),
event_of_day as (
  select v.day_number, v.visit_number, e.type, e.seconds,
    case when v.previous_at is null and v.next_at is null then 0 else v.visitor_number end as repeat_visitor,
    ${dimensions.map(([, column]) => `e.${column}`).join(', ')}
  from numbered_day d
  join event e on e.site_id = d.site_id and e.at >= d.starts_at and e.at < d.ends_at
  join visit_of_day v on v.site_id = e.site_id and v.visitor = e.visitor and v.started_at <= e.at and v.ended_at >= e.at
),
value_of_visit as (
  ${dimensions.map(([dimension, column]) => valueSelect(dimension, column)).join('\n  union all\n  ')}
),
value_of_visitor as (
  select day_number, dimension, value, repeat_visitor, sum(views) as views, sum(seconds) as seconds,
    sum(case when views > 0 then 1 else 0 end) as visits
  from value_of_visit
  group by day_number, dimension, value, repeat_visitor
)
select d.site_id, d.day, v.dimension, v.value,
  cast(sum(v.views) as integer) as views,
  cast(sum(v.visits) as integer) as visits,
  cast(sum(case when v.repeat_visitor = 0 then v.visits when v.visits > 0 then 1 else 0 end) as integer) as visitors,
  cast(sum(v.seconds) as bigint) as seconds
from value_of_visitor v
join numbered_day d on d.day_number = v.day_number
group by d.site_id, d.day, v.dimension, v.value`;
}

function valueSelect(dimension: string, column: string): string {
  const counted = dimension === 'event' ? 'custom' : 'pageview';
  return `select visit_number, '${dimension}' as dimension, coalesce(${column}, '') as value,
    max(day_number) as day_number, max(repeat_visitor) as repeat_visitor,
    sum(case when type = '${counted}' then 1 else 0 end) as views,
    sum(case when type = 'engagement' then coalesce(seconds, 0) else 0 end) as seconds
  from event_of_day
  where type ${dimension === 'event' ? "= 'custom'" : "in ('pageview', 'engagement')"}
  group by visit_number, coalesce(${column}, '')`;
}
