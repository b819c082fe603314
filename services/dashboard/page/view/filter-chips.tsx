import { dimensionNames, nameValue } from '../text/names.ts';
import { dimensions } from '../text/url-state.ts';
import { Icon } from '../ui/icon.tsx';
import { usePage } from './page-context.ts';

/** The filters that are set; all of them hold at once. */
export function FilterChips() {
  const { state, change } = usePage();
  const set = dimensions.filter((name) => state.filters[name] !== undefined);
  if (set.length === 0) return null;
  return (
    <ul className="chips" aria-label="Filters">
      {set.map((name) => {
        const words = nameValue(name, state.filters[name] ?? null);
        const { [name]: _, ...rest } = state.filters;
        return (
          <li key={name} className="chip">
            {dimensionNames[name].row} <b>{words}</b>
            <button
              type="button"
              aria-label={`Remove filter ${dimensionNames[name].row}: ${words}`}
              onClick={() => change({ filters: rest })}
            >
              <Icon name="close" />
            </button>
          </li>
        );
      })}
      {set.length > 1 && (
        <li>
          <button type="button" className="button bare small" onClick={() => change({ filters: {} })}>
            Remove all
          </button>
        </li>
      )}
    </ul>
  );
}
