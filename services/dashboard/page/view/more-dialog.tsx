import { useInfiniteQuery } from '@tanstack/react-query';
import { breakdownPages } from '../api/queries.ts';
import type { Stats } from '../api/types.ts';
import { dimensionNames, metricNames } from '../text/names.ts';
import { formatCount } from '../text/number.ts';
import type { Dimension } from '../text/url-state.ts';
import { Dialog } from '../ui/dialog.tsx';
import { Failure } from '../ui/notice.tsx';
import { usePage } from './page-context.ts';
import { SaveButton } from './panel.tsx';
import { Rows } from './rows.tsx';
import { ShowMore } from './show-more.tsx';
import './more-dialog.css';

const pageRows = 50;

/** All values of one dimension, a page at a time. */
export function MoreDialog({ by, total }: { by: Dimension; total: Stats | undefined }) {
  const { question, state, change } = usePage();
  const pages = useInfiniteQuery(breakdownPages(question, by, { metric: state.metric, limit: pageRows }));
  const rows = pages.data?.pages.flatMap((page) => page.items);
  return (
    <Dialog
      title={dimensionNames[by].title}
      size="wide"
      actions={<SaveButton by={by} />}
      onClose={() => change({ more: undefined })}
    >
      <div className="more">
        <p className="more-head">
          <span aria-live="polite">
            {rows ? `${formatCount(rows.length)}${pages.hasNextPage ? ' shown, more below' : ' in all'}` : 'Loading…'}
          </span>
          <span>{metricNames[state.metric]}</span>
        </p>
        {pages.error && !rows ? (
          <Failure error={pages.error} onRetry={() => void pages.refetch()} />
        ) : (
          <Rows by={by} rows={rows} total={total} places={12} />
        )}
        <ShowMore pages={pages} />
      </div>
    </Dialog>
  );
}
