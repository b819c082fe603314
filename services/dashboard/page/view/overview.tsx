import { useQuery } from '@tanstack/react-query';
import { statsQuery } from '../api/queries.ts';
import { dimensions } from '../text/url-state.ts';
import { Failure } from '../ui/notice.tsx';
import { ChartBar } from './chart-bar.tsx';
import { CountriesPanel } from './countries-panel.tsx';
import { DataAge } from './data-age.tsx';
import { Figures } from './figures.tsx';
import { MoreDialog } from './more-dialog.tsx';
import { usePage } from './page-context.ts';
import { Panel } from './panel.tsx';
import { SeriesChart } from './series-chart.tsx';
import { SeriesTable } from './series-table.tsx';
import './overview.css';

/** Figures and course of the range, then who, whence and what. */
export function Overview() {
  const { state, question, before, fairBefore, interval } = usePage();
  const now = useQuery(statsQuery(question, { interval }));
  const isCompared = state.isCompared;
  const earlier = useQuery({
    ...statsQuery({ ...question, range: before }, { interval, isBefore: true }),
    enabled: isCompared,
  });
  const fair = useQuery({
    ...statsQuery({ ...question, range: fairBefore }, { interval, isBefore: true }),
    enabled: isCompared,
  });
  const stats = now.data;
  const isStale = now.isPlaceholderData;
  const course = { stats, before: isCompared && !earlier.isPlaceholderData ? earlier.data : undefined };
  return (
    <>
      <section className={isStale ? 'card course stale' : 'card course'} aria-label="Figures" aria-busy={!stats}>
        {now.error && !stats ? (
          <Failure error={now.error} onRetry={() => void now.refetch()} />
        ) : (
          <>
            <Figures stats={stats} before={isCompared && !fair.isPlaceholderData ? fair.data : undefined} />
            <ChartBar {...course} />
            <div className="course-body">
              {state.isTable ? <SeriesTable {...course} /> : <SeriesChart {...course} />}
            </div>
          </>
        )}
        <DataAge stats={stats} error={now.error} />
      </section>
      <div className="panels">
        <Panel by="path" total={stats} />
        <Panel by="referrer" total={stats} />
        <CountriesPanel total={stats} />
        <Panel by="browser" total={stats} size="third" />
        <Panel by="os" total={stats} size="third" />
        <Panel by="device" total={stats} size="third" />
        <Panel by="language" total={stats} size="third" />
        <Panel by="campaign" total={stats} size="third" />
        <Panel by="event" total={stats} size="third" />
      </div>
      {state.more && dimensions.includes(state.more) && <MoreDialog by={state.more} total={stats} />}
    </>
  );
}
