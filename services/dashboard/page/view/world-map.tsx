import { world } from 'virtual:world-map';
import type { PointerEvent } from 'react';
import { useRef, useState } from 'react';
import type { BreakdownRow } from '../api/types.ts';
import { metricNames, nameValue } from '../text/names.ts';
import { formatCount } from '../text/number.ts';
import { toggleFilter } from '../text/url-state.ts';
import { usePage } from './page-context.ts';

const levels = 6;
const dotRadius = 3;

/** The world, coloured by the chosen figure. The list beside it says the same in words, so it is one picture to a reader. */
export function WorldMap({ rows }: { rows: readonly BreakdownRow[] | undefined }) {
  const { state, change } = usePage();
  const place = useRef<HTMLDivElement>(null);
  const [hovered, setHovered] = useState<{ code: string; left: number; top: number } | undefined>();
  const values = new Map((rows ?? []).map((row) => [row.value?.toUpperCase(), row[state.metric]]));
  const most = Math.max(1, ...values.values());
  const move = (event: PointerEvent): void => {
    const code = event.target instanceof SVGElement ? event.target.dataset['code'] : undefined;
    const box = place.current?.getBoundingClientRect();
    setHovered(code && box ? { code, left: event.clientX - box.left, top: event.clientY - box.top } : undefined);
  };
  const choose = (code: string | undefined): void => {
    if (code && values.has(code)) change({ filters: toggleFilter(state.filters, 'country', code) });
  };
  const codeAt = (target: EventTarget): string | undefined =>
    target instanceof SVGElement ? target.dataset['code'] : undefined;
  return (
    <div className="map" ref={place} onPointerMove={move} onPointerLeave={() => setHovered(undefined)}>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the list beside the map does the same by keyboard. */}
      <svg
        viewBox={`0 0 ${world.width} ${world.height}`}
        role="img"
        aria-label="World map of countries; the list has the same figures"
        onClick={(event) => choose(codeAt(event.target))}
      >
        {world.countries.map(({ code, outline, dot }, index) => {
          const facts = {
            'data-code': code || undefined,
            'data-level': levelOf(values.get(code) ?? 0, most),
            'data-set': state.filters.country === code || undefined,
          };
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: the atlas never changes, and some territories have no code.
            <g key={index}>
              {outline && <path d={outline} {...facts} />}
              {dot && <circle cx={dot[0]} cy={dot[1]} r={dotRadius} {...facts} />}
            </g>
          );
        })}
      </svg>
      {hovered && (
        <div className="tip map-tip" style={{ left: hovered.left, top: hovered.top }}>
          <p className="tip-now">
            {nameValue('country', hovered.code)} <strong>{formatCount(values.get(hovered.code) ?? 0)}</strong>{' '}
            {metricNames[state.metric].toLowerCase()}
          </p>
        </div>
      )}
    </div>
  );
}

/** 0 for nothing, else 1 to 6; by the root, so that one large country does not make all others look alike. */
function levelOf(value: number, most: number): number {
  return value <= 0 ? 0 : Math.max(1, Math.ceil(Math.sqrt(value / most) * levels));
}
