import { infiniteQueryOptions, keepPreviousData, QueryCache, QueryClient, queryOptions } from '@tanstack/react-query';
import type { Interval, Range } from '../text/range.ts';
import type { Dimension, Metric, PageState } from '../text/url-state.ts';
import { ApiError, addressOf, call } from './client.ts';
import type { Breakdown, Site, Stats, User } from './types.ts';

const refreshMs = 60_000;
const maxAttempts = 4;
const maxSites = 100;

/** What every question about figures shares. */
export interface Question {
  site: string;
  range: Range;
  zone: string;
  filters: PageState['filters'];
}

export function createQueryClient(): QueryClient {
  const client = new QueryClient({
    queryCache: new QueryCache({
      // The session may be over: who is here is asked anew, and the page says it.
      onError: (error) => {
        if (error instanceof ApiError && error.status === 401) {
          void client.invalidateQueries({ queryKey: userQuery.queryKey });
        }
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 20_000,
        refetchOnWindowFocus: true,
        // What the caller did wrong stays wrong; what did not answer may do so soon.
        retry: (failures, error) => failures < maxAttempts && mayPass(error),
        retryDelay: (failures, error) =>
          Math.max(
            error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1000 : 0,
            Math.min(15_000, 700 * 2 ** failures),
          ),
      },
    },
  });
  return client;
}

export const mayPass = (error: unknown): boolean =>
  !(error instanceof ApiError) || error.status === 0 || error.status === 429 || error.status >= 500;

export const userQuery = queryOptions({
  queryKey: ['user'],
  queryFn: ({ signal }) => call<{ user: User | null }>('/session', { signal }).then((answer) => answer.user),
  // Also the sign of life that keeps a page session open while somebody looks at it.
  refetchInterval: 5 * 60_000,
});

export const sitesQuery = queryOptions({
  queryKey: ['sites'],
  queryFn: async ({ signal }) => {
    const sites: Site[] = [];
    let cursor: string | undefined;
    do {
      const page: { items: Site[]; nextCursor: string | null } = await call(
        addressOf('sites', { limit: maxSites, cursor }),
        { signal },
      );
      sites.push(...page.items);
      cursor = page.nextCursor ?? undefined;
    } while (cursor && sites.length < 10 * maxSites);
    return sites;
  },
  refetchInterval: refreshMs / 4,
});

const instants = (range: Range) => ({
  from: new Date(range.fromMs).toISOString(),
  to: new Date(range.toMs).toISOString(),
});

/** Figures of the period `before` are over: they are asked for once. */
export const statsQuery = (question: Question, options: { interval: Interval; isBefore?: boolean }) =>
  queryOptions({
    queryKey: [
      options.isBefore ? 'before' : 'figures',
      question.site,
      'stats',
      options.interval,
      instants(question.range),
      question.zone,
      question.filters,
    ],
    queryFn: ({ signal }) =>
      call<Stats>(
        addressOf('stats', {
          site: question.site,
          ...instants(question.range),
          interval: options.interval,
          tz: question.zone,
          ...question.filters,
        }),
        { signal },
      ),
    placeholderData: keepPreviousData,
    ...(options.isBefore ? { staleTime: 10 * refreshMs } : { refetchInterval: refreshMs }),
  });

function breakdownAddress(
  question: Question,
  by: Dimension,
  page: { metric: Metric; limit: number; cursor?: string | undefined },
) {
  return addressOf('breakdown', {
    site: question.site,
    ...instants(question.range),
    by,
    sort: page.metric === 'pageviews' ? 'pageviews' : 'visitors',
    limit: page.limit,
    cursor: page.cursor,
    ...question.filters,
  });
}

export const breakdownQuery = (question: Question, by: Dimension, options: { metric: Metric; limit: number }) =>
  queryOptions({
    queryKey: ['figures', question.site, 'breakdown', by, instants(question.range), options, question.filters],
    queryFn: ({ signal }) => call<Breakdown>(breakdownAddress(question, by, options), { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: refreshMs,
  });

export const breakdownPages = (question: Question, by: Dimension, options: { metric: Metric; limit: number }) =>
  infiniteQueryOptions({
    queryKey: ['pages', question.site, by, instants(question.range), options, question.filters],
    queryFn: ({ signal, pageParam }) =>
      call<Breakdown>(breakdownAddress(question, by, { ...options, cursor: pageParam }), { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  });

/** Every row of a breakdown, for a file. Bounded: a file of more rows than this helps nobody. */
export async function readWholeBreakdown(
  question: Question,
  by: Dimension,
  metric: Metric,
): Promise<Breakdown['items']> {
  const maxRows = 5_000;
  const items: Breakdown['items'] = [];
  let cursor: string | undefined;
  do {
    const page: Breakdown = await call(breakdownAddress(question, by, { metric, limit: 100, cursor }));
    items.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor && items.length < maxRows);
  return items;
}
