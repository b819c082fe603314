import { lazy, Suspense } from 'react';
import type { Stats } from '../api/types.ts';
import { Panel } from './panel.tsx';
import './countries-panel.css';

const WorldMap = lazy(async () => ({ default: (await import('./world-map.tsx')).WorldMap }));
const allCountries = 100;

/** Where visitors are: a map to look at, a list to read and to use. */
export function CountriesPanel({ total }: { total: Stats | undefined }) {
  return (
    <Panel
      by="country"
      total={total}
      size="whole"
      listed={10}
      limit={allCountries}
      aside={(rows) => (
        <div className="map-place">
          <Suspense fallback={null}>
            <WorldMap rows={rows} />
          </Suspense>
        </div>
      )}
    />
  );
}
