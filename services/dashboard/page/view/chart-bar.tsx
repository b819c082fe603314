import type { Stats } from '../api/types.ts';
import { csvName, writeCsv } from '../text/csv.ts';
import { metricNames } from '../text/names.ts';
import type { Interval } from '../text/range.ts';
import { suitingIntervals } from '../text/range.ts';
import { downloadCsv } from '../ui/download.ts';
import { Icon } from '../ui/icon.tsx';
import { usePage } from './page-context.ts';
import '../ui/switch.css';
import './chart-bar.css';

const names: Record<Interval, string> = { hour: 'Hour', day: 'Day', week: 'Week', month: 'Month' };

/** How the course is shown: by which interval, compared or not, as a drawing or as a table, or as a file. */
export function ChartBar({ stats, before }: { stats: Stats | undefined; before: Stats | undefined }) {
  const { site, state, change } = usePage();
  const save = (): void => {
    if (!stats) return;
    const rows = stats.series.map(({ start, visitors, visits, pageviews }) => [start, visitors, visits, pageviews]);
    const name = csvName(site.name, 'series', stats.from.slice(0, 10), stats.to.slice(0, 10));
    downloadCsv(name, writeCsv(['start', 'visitors', 'visits', 'pageviews'], rows));
  };
  return (
    <div className="chart-bar">
      <h2>
        {metricNames[state.metric]}
        <span className="legend" hidden={!before}>
          <i aria-hidden="true" /> period before
        </span>
      </h2>
      <IntervalSwitch />
      <button
        type="button"
        className="button small"
        aria-pressed={state.isCompared}
        onClick={() => change({ isCompared: !state.isCompared }, { replace: true })}
      >
        Compare
      </button>
      <button
        type="button"
        className="button bare small square"
        aria-label={state.isTable ? 'Show as a chart' : 'Show as a table'}
        title={state.isTable ? 'Show as a chart' : 'Show as a table'}
        onClick={() => change({ isTable: !state.isTable }, { replace: true })}
      >
        <Icon name={state.isTable ? 'chart' : 'table'} />
      </button>
      <button
        type="button"
        className="button bare small square"
        aria-label="Download the series as CSV"
        title="Download as CSV"
        disabled={!stats}
        onClick={save}
      >
        <Icon name="download" />
      </button>
    </div>
  );
}

function IntervalSwitch() {
  const { range, interval, change } = usePage();
  const suiting = suitingIntervals(range);
  if (suiting.length < 2) return null;
  return (
    <fieldset className="switch small" aria-label="Interval">
      {suiting.map((name) => (
        <button
          key={name}
          type="button"
          aria-pressed={name === interval}
          onClick={() => change({ interval: name }, { replace: true })}
        >
          {names[name]}
        </button>
      ))}
    </fieldset>
  );
}
