import { useEffect, useRef, useState } from 'react';
import { Icon } from './icon.tsx';
import './search-field.css';

const pauseMs = 250;
const maxChars = 100;

interface SearchFieldProps {
  label: string;
  value: string;
  onChange(text: string): void;
}

/** Searches while somebody writes: after each pause, and at once with Enter. */
export function SearchField({ label, value, onChange }: SearchFieldProps) {
  const [text, setText] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useRef(onChange);
  latest.current = onChange;
  const sent = useRef(value);
  useEffect(() => {
    // The address was changed by somebody else: back, forward, a button.
    if (value !== sent.current) setText(value);
    sent.current = value;
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const send = (next: string): void => {
    clearTimeout(timer.current);
    sent.current = next.trim();
    latest.current(next.trim());
  };
  return (
    <search>
      <form
        className="search-field"
        onSubmit={(event) => {
          event.preventDefault();
          send(text);
        }}
      >
        <Icon name="search" />
        <input
          type="search"
          aria-label={label}
          placeholder={label}
          autoComplete="off"
          maxLength={maxChars}
          value={text}
          onChange={(event) => {
            const next = event.target.value;
            setText(next);
            clearTimeout(timer.current);
            timer.current = setTimeout(() => send(next), pauseMs);
          }}
        />
      </form>
    </search>
  );
}
