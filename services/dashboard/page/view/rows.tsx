import type { BreakdownRow, Stats } from '../api/types.ts';
import { dimensionNames, metricNames, nameValue } from '../text/names.ts';
import { formatCompact, formatCount, formatShare } from '../text/number.ts';
import type { Dimension } from '../text/url-state.ts';
import { toggleFilter } from '../text/url-state.ts';
import { usePage } from './page-context.ts';

interface RowsProps {
  by: Dimension;
  rows: readonly BreakdownRow[] | undefined;
  total: Stats | undefined;
  /** The list keeps room for so many, so that nothing jumps when they arrive. */
  places: number;
  onChoose?(): void;
}

/** Values with their figures, as bars to compare at a glance. */
export function Rows({ by, rows, total, places, onChoose }: RowsProps) {
  const { state } = usePage();
  const most = Math.max(1, ...(rows ?? []).map((row) => row[state.metric]));
  if (!rows) {
    return (
      <ul className="rows" aria-busy="true" data-places={places}>
        {Array.from({ length: places }, (_, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no identity.
          <li key={index}>
            <span className="skeleton row-skeleton" />
          </li>
        ))}
      </ul>
    );
  }
  if (rows.length === 0) {
    return (
      <p className="rows rows-empty" data-places={places}>
        {by === 'event'
          ? 'No events in this time'
          : by === 'campaign'
            ? 'No campaigns in this time'
            : 'Nothing in this time'}
      </p>
    );
  }
  return (
    <ul className="rows" data-places={places}>
      {rows.map((row) => (
        <li key={row.value ?? ''}>
          <Row by={by} row={row} share={row[state.metric] / most} total={total?.[state.metric]} onChoose={onChoose} />
        </li>
      ))}
    </ul>
  );
}

interface RowProps {
  by: Dimension;
  row: BreakdownRow;
  share: number;
  total: number | undefined;
  onChoose: (() => void) | undefined;
}

function Row({ by, row, share, total, onChoose }: RowProps) {
  const { state, change } = usePage();
  const name = nameValue(by, row.value);
  const value = row[state.metric];
  const content = (
    <>
      <span className="row-bar" style={{ width: `${Math.max(0.5, share * 100)}%` }} />
      <span className={row.value ? 'row-name' : 'row-name none'}>{name}</span>
      {total !== undefined && total > 0 && <span className="row-share">{formatShare(Math.min(1, value / total))}</span>}
      <span className="row-count" title={`${formatCount(value)} ${metricNames[state.metric].toLowerCase()}`}>
        {formatCompact(value)}
      </span>
    </>
  );
  const isSet = state.filters[by] === (row.value ?? '');
  return (
    <button
      type="button"
      className="row"
      aria-pressed={isSet}
      title={isSet ? 'Remove this filter' : `Only ${dimensionNames[by].row.toLowerCase()}: ${name}`}
      onClick={() => {
        change({ filters: toggleFilter(state.filters, by, row.value ?? ''), more: undefined });
        onChoose?.();
      }}
    >
      {content}
    </button>
  );
}
