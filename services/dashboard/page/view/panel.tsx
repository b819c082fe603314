import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useId, useRef } from 'react';
import { breakdownQuery, readWholeBreakdown } from '../api/queries.ts';
import type { BreakdownRow, Stats } from '../api/types.ts';
import { csvName, writeCsv } from '../text/csv.ts';
import { dimensionNames, metricNames } from '../text/names.ts';
import type { Dimension } from '../text/url-state.ts';
import { downloadCsv } from '../ui/download.ts';
import { Icon } from '../ui/icon.tsx';
import { Failure } from '../ui/notice.tsx';
import { usePage } from './page-context.ts';
import { Rows } from './rows.tsx';
import { useSeen } from './use-seen.ts';
import './panel.css';

const usualRows = 7;

interface PanelProps {
  by: Dimension;
  total: Stats | undefined;
  size?: 'half' | 'third' | 'whole';
  /** How many rows are listed. */
  listed?: number;
  /** How many are asked for; one more than is listed tells whether there are more. */
  limit?: number;
  /** Stands beside the list. */
  aside?(rows: readonly BreakdownRow[] | undefined): ReactNode;
}

/** The most frequent values of one dimension; a click filters by one. */
export function Panel({ by, total, size = 'half', listed = usualRows, limit = listed + 1, aside }: PanelProps) {
  const { question, state, change } = usePage();
  const place = useRef<HTMLElement>(null);
  const id = useId();
  const isSeen = useSeen(place);
  const options = { metric: state.metric, limit };
  const { data, error, refetch, isPlaceholderData } = useQuery({
    ...breakdownQuery(question, by, options),
    enabled: isSeen,
  });
  const { title } = dimensionNames[by];
  return (
    <section ref={place} className={`card panel ${size}${isPlaceholderData ? ' stale' : ''}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        <span className="panel-metric">{metricNames[state.metric]}</span>
      </header>
      <div className={aside ? 'panel-body with-aside' : 'panel-body'}>
        {aside?.(data?.items)}
        {error && !data ? (
          <Failure error={error} onRetry={() => void refetch()} />
        ) : (
          <Rows by={by} rows={data?.items.slice(0, listed)} total={total} places={listed} />
        )}
      </div>
      <footer>
        {data && data.items.length > listed && (
          <button
            type="button"
            className="button bare small"
            aria-label={`More ${title.toLowerCase()}`}
            onClick={() => change({ more: by })}
          >
            More
          </button>
        )}
        {data && data.items.length > 0 && <SaveButton by={by} />}
      </footer>
    </section>
  );
}

/** Downloads every row of a breakdown. */
export function SaveButton({ by }: { by: Dimension }) {
  const { question, state, site } = usePage();
  const { title } = dimensionNames[by];
  const save = async (): Promise<void> => {
    const items = await readWholeBreakdown(question, by, state.metric);
    const rows = items.map((item) => [item.value, item.visitors, item.visits, item.pageviews, item.seconds]);
    const [from, to] = [question.range.fromMs, question.range.toMs].map((at) =>
      new Date(at).toISOString().slice(0, 10),
    );
    const name = csvName(site.name, title, from ?? '', to ?? '');
    downloadCsv(name, writeCsv([by, 'visitors', 'visits', 'pageviews', 'seconds'], rows));
  };
  return (
    <button
      type="button"
      className="button bare small square"
      aria-label={`Download ${title.toLowerCase()} as CSV`}
      title="Download as CSV"
      onClick={() => void save().catch(() => undefined)}
    >
      <Icon name="download" />
    </button>
  );
}
