import type { KeyboardEvent } from 'react';
import { useEffect, useId, useRef, useState } from 'react';
import './search-list.css';

export interface SearchOption {
  value: string;
  name: string;
  aside?: string;
}

interface SearchListProps {
  label: string;
  options: readonly SearchOption[];
  chosen: string;
  onChoose(value: string): void;
}

const maxShown = 80;

/** A list with a field that narrows it: arrow keys move, Enter chooses. Source: ARIA APG, editable combobox. */
export function SearchList({ label, options, chosen, onChoose }: SearchListProps) {
  const [query, setQuery] = useState('');
  const [active, setActive] = useState(0);
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const found = narrow(options, { query, chosen });
  useEffect(() => {
    field.current?.focus({ preventScroll: true });
  }, []);
  const onKeyDown = (event: KeyboardEvent): void => {
    const moves: Record<string, number> = {
      ArrowDown: active + 1,
      ArrowUp: active - 1,
      Home: 0,
      End: found.length - 1,
    };
    const next = moves[event.key];
    const option = found[active];
    if (next !== undefined) setActive(Math.max(0, Math.min(found.length - 1, next)));
    else if (event.key === 'Enter' && option) onChoose(option.value);
    else return;
    event.preventDefault();
  };
  return (
    <div className="search-list">
      <input
        ref={field}
        type="text"
        role="combobox"
        aria-label={label}
        aria-expanded="true"
        aria-controls={id}
        aria-autocomplete="list"
        aria-activedescendant={found[active] ? `${id}-${active}` : undefined}
        placeholder="Search…"
        autoComplete="off"
        spellCheck={false}
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
      />
      <Options {...{ id, label, found, chosen, active, onChoose }} />
      {found.length === 0 && <p className="menu-note">Nothing has that name.</p>}
    </div>
  );
}

interface OptionsProps extends Omit<SearchListProps, 'options'> {
  id: string;
  found: readonly SearchOption[];
  active: number;
}

function Options({ id, label, found, chosen, active, onChoose }: OptionsProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: 'nearest' });
  }, [active]);
  return (
    <div className="search-list-options" role="listbox" id={id} aria-label={label} ref={list}>
      {found.map((option, index) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus and names the active option.
        // biome-ignore lint/a11y/useKeyWithClickEvents: the field takes the keys.
        <div
          key={option.value}
          role="option"
          id={`${id}-${index}`}
          aria-selected={option.value === chosen}
          className={index === active ? 'menu-item active' : 'menu-item'}
          onClick={() => onChoose(option.value)}
        >
          {option.name}
          {option.aside && <span className="aside">{option.aside}</span>}
        </div>
      ))}
    </div>
  );
}

function narrow(options: readonly SearchOption[], wish: { query: string; chosen: string }): readonly SearchOption[] {
  const words = wish.query.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = options.filter((option) => {
    const text = `${option.name} ${option.value} ${option.aside ?? ''}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  if (words.length > 0) return matches.slice(0, maxShown);
  const first = matches.filter((option) => option.value === wish.chosen);
  return [...first, ...matches.filter((option) => option.value !== wish.chosen)].slice(0, 600);
}
