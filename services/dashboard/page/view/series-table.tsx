import type { Stats } from '../api/types.ts';
import { metricNames } from '../text/names.ts';
import { formatCount } from '../text/number.ts';
import { nameBucket } from '../text/time.ts';
import { usePage } from './page-context.ts';
import './series-table.css';

/** The chart's figures to read one by one. */
export function SeriesTable({ stats, before }: { stats: Stats | undefined; before: Stats | undefined }) {
  const { zone, interval, state, nowMs } = usePage();
  if (!stats) return <span className="skeleton chart-skeleton" />;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard.
    <section className="series-table" aria-label="Series" tabIndex={0} data-arrows>
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">{metricNames.visitors}</th>
            <th scope="col">{metricNames.visits}</th>
            <th scope="col">{metricNames.pageviews}</th>
            {before && <th scope="col">{metricNames[state.metric]} before</th>}
          </tr>
        </thead>
        <tbody>
          {stats.series.map((point, index) => (
            <tr key={point.start} className={Date.parse(point.start) > nowMs ? 'future' : undefined}>
              <th scope="row">{nameBucket(Date.parse(point.start), zone, interval)}</th>
              <td>{formatCount(point.visitors)}</td>
              <td>{formatCount(point.visits)}</td>
              <td>{formatCount(point.pageviews)}</td>
              {before && <td>{formatCount(before.series[index]?.[state.metric] ?? 0)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
