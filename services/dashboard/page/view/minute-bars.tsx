import { formatCount, niceCeiling } from '../text/number.ts';
import { formatClock } from '../text/time.ts';
import { useNow } from '../ui/use-now.ts';
import { usePage } from './page-context.ts';

const minuteMs = 60_000;
const shownMinutes = 30;

/** Views of each of the last thirty minutes; the last bar still grows. */
export function MinuteBars() {
  const { live, zone } = usePage();
  const nowMs = useNow(1_000) + live.clockAheadMs;
  const known = new Map(live.perMinute.map(({ minuteMs: at, views }) => [at, views]));
  const last = Math.floor(nowMs / minuteMs) * minuteMs;
  const minutes = Array.from({ length: shownMinutes }, (_, index) => {
    const atMs = last - (shownMinutes - 1 - index) * minuteMs;
    return { atMs, views: known.get(atMs) ?? 0 };
  });
  const top = niceCeiling(Math.max(...minutes.map((minute) => minute.views)));
  const total = minutes.reduce((sum, minute) => sum + minute.views, 0);
  return (
    <div className="minute-bars" role="img" aria-label={`${formatCount(total)} views in the last 30 minutes`}>
      {minutes.map(({ atMs, views }) => (
        <span
          key={atMs}
          title={`${formatClock(atMs, zone)}: ${formatCount(views)} views`}
          data-running={atMs === last || undefined}
        >
          <i style={{ height: `${(views / top) * 100}%` }} />
        </span>
      ))}
    </div>
  );
}
