import { expect, it } from 'vitest';
import type { PageState } from './url-state.ts';
import { readState, toggleFilter, writeState } from './url-state.ts';

const usual: PageState = {
  site: undefined,
  view: 'overview',
  range: { preset: '24h' },
  zone: undefined,
  interval: undefined,
  metric: 'visitors',
  isCompared: true,
  isTable: false,
  filters: {},
  more: undefined,
};

it('an empty address is the usual page, and the usual page is an empty address', () => {
  expect(readState('')).toEqual(usual);
  expect(writeState(usual)).toBe('');
});

it('every part of the page survives the address', () => {
  const state: PageState = {
    site: '00000000-0000-7000-8000-0000000000a1',
    view: 'live',
    range: { from: '2026-02-01', to: '2026-02-28' },
    zone: 'America/New_York',
    interval: 'week',
    metric: 'pageviews',
    isCompared: false,
    isTable: true,
    filters: { path: '/a b?c=d&e=ü', referrer: '', country: 'AT' },
    more: 'browser',
  };
  expect(readState(writeState(state))).toEqual(state);
});

it('what is not understood is left out', () => {
  const search =
    '?site=1;drop&view=x&range=7y&tz=Mars/X&interval=minute&metric=money&more=all&from=2026-02-30&to=2026-03-01';
  expect(readState(search)).toEqual(usual);
  expect(readState('?from=2026-03-02&to=2026-03-01').range).toEqual({ preset: '24h' });
});

it('a filter of the other name stays, the same filter chosen again goes', () => {
  const one = toggleFilter({ country: 'AT' }, 'path', '/');
  expect(one).toEqual({ country: 'AT', path: '/' });
  expect(toggleFilter(one, 'path', '/')).toEqual({ country: 'AT' });
  expect(toggleFilter(one, 'path', '/b')).toEqual({ country: 'AT', path: '/b' });
});
