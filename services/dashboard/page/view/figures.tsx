import type { Stats } from '../api/types.ts';
import { metricNames } from '../text/names.ts';
import { changeOf, formatChange, formatCompact, formatCount, formatDuration, formatShare } from '../text/number.ts';
import type { Metric } from '../text/url-state.ts';
import { metrics } from '../text/url-state.ts';
import { usePage } from './page-context.ts';
import './figures.css';

interface FiguresProps {
  stats: Stats | undefined;
  /** The same part of the period before. */
  before: Stats | undefined;
}

/** The five figures. The first three choose what the chart shows. */
export function Figures({ stats, before }: FiguresProps) {
  const { state, change } = usePage();
  // Without a visit there was no rate and no duration to compare with.
  const visited = before && before.visits > 0 ? before : undefined;
  return (
    <div className="figures">
      {metrics.map((metric: Metric) => (
        <button
          key={metric}
          type="button"
          className="figure"
          aria-pressed={state.metric === metric}
          title={stats ? `${formatCount(stats[metric])} ${metricNames[metric].toLowerCase()}` : undefined}
          onClick={() => change({ metric }, { replace: true })}
        >
          <Words name={metricNames[metric]} value={stats && formatCompact(stats[metric])} />
          <ChangeMark now={stats?.[metric]} before={before?.[metric]} format={formatCount} />
        </button>
      ))}
      <div className="figure">
        <Words name="Bounce rate" value={stats && formatShare(stats.bounceRate)} />
        <ChangeMark now={stats?.bounceRate} before={visited?.bounceRate} format={formatShare} isLessBetter />
      </div>
      <div className="figure">
        <Words name="Visit duration" value={stats && formatDuration(stats.avgVisitSeconds)} />
        <ChangeMark now={stats?.avgVisitSeconds} before={visited?.avgVisitSeconds} format={formatDuration} />
      </div>
    </div>
  );
}

function Words({ name, value }: { name: string; value: string | undefined }) {
  return (
    <>
      <span className="figure-name">{name}</span>
      {value === undefined ? (
        <span className="skeleton figure-skeleton" />
      ) : (
        <span className="figure-value">{value}</span>
      )}
    </>
  );
}

interface ChangeProps {
  now: number | undefined;
  before: number | undefined;
  format(value: number): string;
  isLessBetter?: boolean;
}

function ChangeMark({ now, before, format, isLessBetter = false }: ChangeProps) {
  const { state } = usePage();
  if (!state.isCompared) return null;
  if (now === undefined || before === undefined) return <span className="change">&nbsp;</span>;
  const change = changeOf(now, before);
  const isGood = change.kind === 'same' || change.kind === 'new' ? undefined : (change.kind === 'up') !== isLessBetter;
  const tone = isGood === undefined ? '' : isGood ? ' good' : ' bad';
  return (
    <span className={`change${tone}`} title={`Before: ${format(before)}`}>
      {formatChange(change)}
      <span className="unseen"> against {format(before)} before</span>
    </span>
  );
}
