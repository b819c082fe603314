import { useQuery } from '@tanstack/react-query';
import { statsQuery } from '../api/queries.ts';
import type { Site } from '../api/types.ts';
import type { LiveFigures } from '../live/live-feed.ts';

const dayMs = 86_400_000;
const lookBackDays = 365;
const pollMs = 5_000;

/** Has anything ever arrived for a site? Undefined until it is known; asked again until it has. */
export function useHasViews(site: Site, live: LiveFigures): boolean | undefined {
  const today = Math.floor(Date.now() / dayMs) * dayMs;
  const range = { fromMs: today - lookBackDays * dayMs, toMs: today + 2 * dayMs };
  const question = { site: site.id, range, zone: 'UTC', filters: {} };
  const isArriving = live.latest.length > 0;
  const { data } = useQuery({
    ...statsQuery(question, { interval: 'month', isBefore: true }),
    enabled: !isArriving,
    refetchInterval: ({ state }) => (state.data?.pageviews === 0 ? pollMs : false),
  });
  if (isArriving) return true;
  return data && (data.pageviews > 0 || !data.complete);
}
