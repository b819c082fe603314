import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Stats } from '../api/types.ts';
import { formatCompact, niceCeiling } from '../text/number.ts';
import { labelBucket } from '../text/time.ts';
import type { Metric } from '../text/url-state.ts';
import { themeChanged } from './theme-switch.tsx';

/** Over the number of the point: the finished course, the part that still grows, and the period before. */
type Layers = [number[], (number | null)[], (number | null)[], (number | null)[]];

const labelWidth = 64;
const wideHeight = 292;
const narrowHeight = 224;
const narrowBelow = 560;

/** Splits the series where the running hour or day begins: that part is not finished and is drawn so. */
export function layersOf(parts: { stats: Stats; before: Stats | undefined; metric: Metric; nowMs: number }): Layers {
  const { stats, before, metric, nowMs } = parts;
  const starts = stats.series.map((point) => Date.parse(point.start));
  const running = starts.findLastIndex((start) => start <= nowMs);
  const isUnfinished = nowMs < Date.parse(stats.to) && running >= 0;
  const values = stats.series.map((point) => point[metric]);
  const lastFinished = isUnfinished ? running - 1 : values.length - 1;
  return [
    values.map((_, index) => index),
    values.map((value, index) => (index <= lastFinished ? value : null)),
    values.map((value, index) => (isUnfinished && (index === running || index === lastFinished) ? value : null)),
    values.map((_, index) => before?.series[index]?.[metric] ?? null),
  ];
}

interface ChartParts {
  place: HTMLElement;
  latest: { current: { stats: Stats | undefined; layers: Layers | undefined; zone: string } };
  onHover(hovered: { index: number; left: number } | undefined): void;
  keep(chart: uPlot | undefined): void;
}

/** Draws on a canvas, and anew when the width or the colours change. @returns what takes it away. */
export function createChart(parts: ChartParts): () => void {
  const { place, latest } = parts;
  let chart: uPlot | undefined;
  const draw = (): void => {
    chart?.destroy();
    chart = new uPlot(optionsOf(parts), latest.current.layers ?? [[], [], [], []], place);
    parts.keep(chart);
  };
  draw();
  const resized = new ResizeObserver(() => chart?.setSize(sizeOf(place)));
  resized.observe(place);
  const dark = matchMedia('(prefers-color-scheme: dark)');
  dark.addEventListener('change', draw);
  addEventListener(themeChanged, draw);
  return () => {
    resized.disconnect();
    dark.removeEventListener('change', draw);
    removeEventListener(themeChanged, draw);
    chart?.destroy();
    parts.keep(undefined);
  };
}

function sizeOf(place: HTMLElement): { width: number; height: number } {
  const width = Math.max(200, place.clientWidth);
  return { width, height: width < narrowBelow ? narrowHeight : wideHeight };
}

function optionsOf(parts: ChartParts): uPlot.Options {
  const style = getComputedStyle(parts.place);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const line = colour('--chart-line');
  const faint = colour('--chart-before');
  const paths = uPlot.paths.spline?.() as uPlot.Series.PathBuilder;
  // Read now: uPlot may still draw once after the place is gone, and then there are no colours any more.
  const shades: [string, string] = [colour('--chart-top'), colour('--chart-bottom')];
  const isLonely = (parts.latest.current.stats?.series.length ?? 0) < 3;
  const course = { stroke: line, width: 2, paths, points: { show: isLonely, size: 7, fill: line } };
  return {
    ...sizeOf(parts.place),
    legend: { show: false },
    padding: [10, 22, 0, 0],
    cursor: {
      y: false,
      // The line stands on the point that the words are about.
      move: (self, left, top) => [left < 0 ? left : self.valToPos(self.posToIdx(left), 'x'), top],
      drag: { x: false, y: false, setScale: false },
      points: {
        size: 9,
        width: 2,
        stroke: colour('--paper'),
        fill: (_, index) => (index === 3 ? faint : line),
      },
    },
    scales: {
      x: { time: false, range: (_, low, high) => [low, Math.max(low + 1, high)] },
      y: { range: (_, __, high) => [0, niceCeiling(high || 0)] },
    },
    series: [
      {},
      { ...course, fill: (self) => fade(self, shades) },
      { ...course, dash: [3, 4], fill: (self) => fade(self, shades) },
      { stroke: faint, width: 1.5, dash: [5, 5], paths, points: { show: false } },
    ],
    axes: axesOf(parts, colour),
    hooks: {
      setCursor: [
        (self) => {
          const { idx, left } = self.cursor;
          const isInside = idx !== null && idx !== undefined && left !== undefined && left >= 0;
          parts.onHover(
            isInside ? { index: idx, left: self.valToPos(idx, 'x') + self.bbox.left / devicePixelRatio } : undefined,
          );
        },
      ],
    },
  };
}

function axesOf(parts: ChartParts, colour: (name: string) => string): uPlot.Axis[] {
  const font = `12px ${getComputedStyle(parts.place).fontFamily}`;
  const labelOf = (index: number): string => {
    const { stats, zone } = parts.latest.current;
    const point = stats?.series[index];
    return stats && point ? labelBucket(Date.parse(point.start), zone, stats.interval) : '';
  };
  return [
    {
      font,
      stroke: colour('--faint'),
      grid: { show: false },
      ticks: { show: false },
      gap: 8,
      size: 30,
      splits: (self) => everyNth(self, parts.latest.current.stats?.series.length ?? 0),
      values: (_, splits) => splits.map(labelOf),
    },
    {
      font,
      stroke: colour('--faint'),
      grid: { stroke: colour('--chart-grid'), width: 1 },
      ticks: { show: false },
      gap: 8,
      size: 48,
      splits: (_, __, ___, high) => [0, high / 4, high / 2, (high * 3) / 4, high].filter(Number.isInteger),
      values: (_, splits) => splits.map((value) => formatCompact(value)),
    },
  ];
}

/** As many labels as there is room for, at even steps that suit hours and days. */
function everyNth(self: uPlot, count: number): number[] {
  const room = Math.max(2, Math.floor(self.width / labelWidth));
  const step =
    [1, 2, 3, 4, 6, 7, 12, 14, 24, 30, 48, 60, 72, 96, 168].find((size) => count / size <= room) ??
    Math.ceil(count / room);
  return Array.from({ length: Math.ceil(count / step) }, (_, index) => index * step);
}

function fade(self: uPlot, [top, bottom]: [string, string]): CanvasGradient {
  const gradient = self.ctx.createLinearGradient(0, self.bbox.top, 0, self.bbox.top + self.bbox.height);
  gradient.addColorStop(0, top);
  gradient.addColorStop(1, bottom);
  return gradient;
}
