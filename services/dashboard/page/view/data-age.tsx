import type { Source, Stats } from '../api/types.ts';
import { formatAge, formatClock, formatDay } from '../text/time.ts';
import { Notice } from '../ui/notice.tsx';
import { useNow } from '../ui/use-now.ts';
import { usePage } from './page-context.ts';
import './data-age.css';

/** The warehouse is loaded in batches; what it adds may be older. */
const oldestMs: Record<Source, number> = { aurora: 2 * 60_000, redshift: 15 * 60_000, both: 15 * 60_000 };
const sources: Record<Source, string> = {
  aurora: 'from the recent store (Aurora)',
  redshift: 'from the warehouse (Redshift)',
  both: 'from the recent store (Aurora) and the warehouse (Redshift)',
};

/** How old the figures are, where they come from, and what is missing. */
export function DataAge({ stats, error }: { stats: Stats | undefined; error: unknown }) {
  const { live, zone, range } = usePage();
  const nowMs = useNow(1_000) + live.clockAheadMs;
  if (!stats) return <p className="data-age">&nbsp;</p>;
  const asOfMs = Date.parse(stats.asOf);
  const ageMs = Math.max(0, nowMs - asOfMs);
  const isRunning = range.toMs > nowMs;
  const isNeverLoaded = asOfMs === 0;
  const isOld = isRunning && !isNeverLoaded && ageMs > oldestMs[stats.source];
  return (
    <div className="data-age">
      {!stats.complete && (
        <Notice>
          The warehouse does not answer, so days before the recent ones are missing from these figures. They come back
          by themselves.
        </Notice>
      )}
      {Boolean(error) && (
        <Notice>
          These figures could not be renewed; they are from {formatClock(asOfMs, zone)}. It is tried again.
        </Notice>
      )}
      {isNeverLoaded && <Notice>The warehouse was not loaded yet, so only recent days are in these figures.</Notice>}
      {isOld && !error && (
        <Notice>These figures are {formatAge(ageMs)} behind. Views are still being collected and will appear.</Notice>
      )}
      <p>
        {sayAge({ asOfMs, nowMs, isRunning, zone })}, {sources[stats.source]}
      </p>
    </div>
  );
}

function sayAge(facts: { asOfMs: number; nowMs: number; isRunning: boolean; zone: string }): string {
  const { asOfMs, nowMs, isRunning, zone } = facts;
  if (asOfMs === 0) return 'Recent days only';
  if (isRunning) return `Up to ${formatAge(Math.max(1_000, nowMs - asOfMs))} old`;
  return `As of ${formatDay(asOfMs, zone)}, ${formatClock(asOfMs, zone)}`;
}
