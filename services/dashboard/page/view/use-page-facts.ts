import { useMemo } from 'react';
import type { Site } from '../api/types.ts';
import type { LiveFigures } from '../live/live-feed.ts';
import { defaultInterval, fairPartBefore, rangeBefore, resolveRange, suitingIntervals } from '../text/range.ts';
import type { PageState } from '../text/url-state.ts';
import { browserZone } from '../text/zone.ts';
import { useNow } from '../ui/use-now.ts';
import type { PageFacts } from './page-context.ts';
import type { ChangeState } from './use-page-state.ts';

const clockMs = 15_000;

/** Works out the instants that the address stands for. They stay the same objects until they change. */
export function usePageFacts(parts: {
  site: Site;
  state: PageState;
  change: ChangeState;
  live: LiveFigures;
}): PageFacts {
  const { site, state, change, live } = parts;
  const nowMs = useNow(clockMs) + live.clockAheadMs;
  const zone = state.zone ?? browserZone();
  const choice = state.range;
  const range = useSame(resolveRange(choice, { nowMs, zone }));
  const before = useSame(rangeBefore(range, { choice, zone }));
  const fairBefore = useSame(fairPartBefore(before, { range, nowMs }));
  const suiting = suitingIntervals(range);
  const interval = state.interval && suiting.includes(state.interval) ? state.interval : defaultInterval(range);
  const filters = useSame(state.filters);
  const question = useMemo(() => ({ site: site.id, range, zone, filters }), [site.id, range, zone, filters]);
  return { site, state, change, zone, range, before, fairBefore, interval, question, live, nowMs };
}

function useSame<Value extends object>(value: Value): Value {
  const text = JSON.stringify(value);
  return useMemo(() => JSON.parse(text) as Value, [text]);
}
