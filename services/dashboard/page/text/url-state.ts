import type { Interval, Preset, RangeChoice } from './range.ts';
import { intervals, presets, readDate } from './range.ts';
import { isZone } from './zone.ts';

export const dimensions = [
  'path',
  'referrer',
  'country',
  'browser',
  'os',
  'device',
  'language',
  'campaign',
  'event',
] as const;
export type Dimension = (typeof dimensions)[number];
export const metrics = ['visitors', 'visits', 'pageviews'] as const;
export type Metric = (typeof metrics)[number];
export const views = ['overview', 'live'] as const;
export type View = (typeof views)[number];

/** Everything that the page shows follows from this, and it is all in the address. */
export interface PageState {
  site: string | undefined;
  view: View;
  range: RangeChoice;
  zone: string | undefined;
  interval: Interval | undefined;
  metric: Metric;
  isCompared: boolean;
  isTable: boolean;
  /** An empty value means "none", such as a direct visit. */
  filters: Partial<Record<Dimension, string>>;
  /** The breakdown whose dialog is open. */
  more: Dimension | undefined;
}

const maxValueChars = 2_000;
const idForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Reads the address. What is not understood is left out, never an error: addresses are shared and edited. */
export function readState(search: string): PageState {
  const given = new URLSearchParams(search);
  const oneOf = <Value extends string>(name: string, values: readonly Value[]): Value | undefined =>
    values.find((value) => value === given.get(name));
  const site = given.get('site') ?? '';
  const zone = given.get('tz') ?? '';
  const filters: PageState['filters'] = {};
  for (const name of dimensions) {
    const value = given.get(name);
    if (value !== null && value.length <= maxValueChars) filters[name] = value;
  }
  return {
    site: idForm.test(site) ? site.toLowerCase() : undefined,
    view: oneOf('view', views) ?? 'overview',
    range: readRange(given) ?? { preset: oneOf<Preset>('range', presets) ?? '24h' },
    zone: zone && isZone(zone) ? zone : undefined,
    interval: oneOf('interval', intervals),
    metric: oneOf('metric', metrics) ?? 'visitors',
    isCompared: given.get('compare') !== 'off',
    isTable: given.get('chart') === 'table',
    filters,
    more: oneOf('more', dimensions),
  };
}

function readRange(given: URLSearchParams): RangeChoice | undefined {
  const from = given.get('from') ?? '';
  const to = given.get('to') ?? '';
  return readDate(from) && readDate(to) && from <= to ? { from, to } : undefined;
}

/** Writes the address, without what is usual. */
export function writeState(state: PageState): string {
  const out = new URLSearchParams();
  if (state.site) out.set('site', state.site);
  if (state.view !== 'overview') out.set('view', state.view);
  if ('from' in state.range) {
    out.set('from', state.range.from);
    out.set('to', state.range.to);
  } else if (state.range.preset !== '24h') out.set('range', state.range.preset);
  if (state.zone) out.set('tz', state.zone);
  if (state.interval) out.set('interval', state.interval);
  if (state.metric !== 'visitors') out.set('metric', state.metric);
  if (!state.isCompared) out.set('compare', 'off');
  if (state.isTable) out.set('chart', 'table');
  for (const name of dimensions) {
    const value = state.filters[name];
    if (value !== undefined) out.set(name, value);
  }
  if (state.more) out.set('more', state.more);
  const text = out.toString().replaceAll('%2F', '/').replaceAll('%3A', ':');
  return text && `?${text}`;
}

/** Adds a filter; choosing the same one again takes it away. */
export function toggleFilter(filters: PageState['filters'], name: Dimension, value: string): PageState['filters'] {
  const { [name]: old, ...rest } = filters;
  return old === value ? rest : { ...rest, [name]: value };
}
