import { useEffect, useMemo, useRef, useState } from 'react';
import type uPlot from 'uplot';
import type { Stats } from '../api/types.ts';
import { metricNames } from '../text/names.ts';
import { changeOf, formatChange, formatCount } from '../text/number.ts';
import { nameBucket } from '../text/time.ts';
import { createChart, layersOf } from './chart-drawing.ts';
import { usePage } from './page-context.ts';
import './series-chart.css';

interface Hovered {
  index: number;
  left: number;
}

const tipGap = 14;

interface ChartProps {
  stats: Stats | undefined;
  before: Stats | undefined;
}

/** The course of a figure. Pointer and arrow keys walk along it; a table with the same figures is one button away. */
export function SeriesChart({ stats, before }: ChartProps) {
  const { state, zone, nowMs } = usePage();
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | undefined>(undefined);
  const [hovered, setHovered] = useState<Hovered | undefined>();
  const { metric } = state;
  // The same arrays until the figures change: setting them moves the cursor, and the cursor draws this anew.
  const layers = useMemo(() => stats && layersOf({ stats, before, metric, nowMs }), [stats, before, metric, nowMs]);
  const hover = (next: Hovered | undefined): void =>
    setHovered((last) => (last?.index === next?.index && last?.left === next?.left ? last : next));
  const shape = stats && `${stats.interval} ${zone} ${stats.series.length} ${stats.from}`;
  const latest = useRef({ stats, layers, zone, hover });
  latest.current = { stats, layers, zone, hover };
  useEffect(() => {
    if (!place.current || !shape) return;
    return createChart({
      place: place.current,
      latest,
      onHover: (next) => latest.current.hover(next),
      keep: (made) => (chart.current = made),
    });
  }, [shape]);
  useEffect(() => {
    if (layers) chart.current?.setData(layers);
  }, [layers]);
  const walk = (key: string): void => {
    const count = stats?.series.length ?? 0;
    const at = hovered?.index ?? (key === 'ArrowLeft' ? count : -1);
    const index = Math.max(0, Math.min(count - 1, at + (key === 'ArrowLeft' ? -1 : 1)));
    const left = chart.current?.valToPos(index, 'x');
    if (left !== undefined) chart.current?.setCursor({ left, top: 40 });
  };
  if (!stats) return <span className="skeleton chart-skeleton" />;
  const total = formatCount(stats[state.metric]);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a drawing that is walked along by keys has no element of its own.
    <div
      className="series-chart"
      role="group"
      aria-label={`${metricNames[state.metric]} over time, ${total} in all. Arrow keys walk along it.`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: see above.
      tabIndex={0}
      data-arrows
      onKeyDown={(event) => {
        if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
        event.preventDefault();
        walk(event.key);
      }}
      onBlur={() => setHovered(undefined)}
    >
      <div ref={place} className="series-chart-place" aria-hidden="true" />
      {hovered && <Tip {...{ stats, before, zone }} index={hovered.index} left={hovered.left} metric={state.metric} />}
    </div>
  );
}

interface TipProps extends ChartProps {
  stats: Stats;
  zone: string;
  metric: 'visitors' | 'visits' | 'pageviews';
  index: number;
  left: number;
}

function Tip({ stats, before, zone, metric, index, left }: TipProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    const width = element?.parentElement?.clientWidth ?? 0;
    if (!element) return;
    const own = element.offsetWidth;
    const isRight = left + own + tipGap < width;
    element.style.transform = `translateX(${isRight ? left + tipGap : Math.max(0, left - own - tipGap)}px)`;
  });
  const point = stats.series[index];
  if (!point) return null;
  const earlier = before?.series[index];
  return (
    <div className="tip" ref={box} role="status">
      <p>{nameBucket(Date.parse(point.start), zone, stats.interval)}</p>
      <p className="tip-now">
        <strong>{formatCount(point[metric])}</strong> {metricNames[metric].toLowerCase()}
        {earlier && <span>{formatChange(changeOf(point[metric], earlier[metric]))}</span>}
      </p>
      {earlier && (
        <p className="tip-before">
          {formatCount(earlier[metric])} on {nameBucket(Date.parse(earlier.start), zone, stats.interval)}
        </p>
      )}
    </div>
  );
}
