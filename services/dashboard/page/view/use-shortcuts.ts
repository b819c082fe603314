import { useEffect, useRef } from 'react';
import type { Preset } from '../text/range.ts';
import { shiftChoice } from '../text/range.ts';
import type { PageFacts } from './page-context.ts';

/** Single keys, for who likes them. They can be switched off (WCAG 2.1.4). */
export const shortcuts: readonly { key: string; does: string }[] = [
  { key: 'd', does: 'Last 24 hours' },
  { key: 't', does: 'Today' },
  { key: 'w', does: 'Last 7 days' },
  { key: 'm', does: 'Last 30 days' },
  { key: 'q', does: 'Last 90 days' },
  { key: 'y', does: 'Last 12 months' },
  { key: '←', does: 'The period before' },
  { key: '→', does: 'The period after' },
  { key: 'l', does: 'Live, and back' },
  { key: 'c', does: 'Compare, or not' },
  { key: 'x', does: 'Remove all filters' },
  { key: 's', does: 'Choose a site' },
  { key: 'n', does: 'Add a site' },
  { key: '?', does: 'This help' },
];

const steps: Record<string, -1 | 1> = { ArrowLeft: -1, ArrowRight: 1 };
const ranges: Record<string, Preset> = { d: '24h', t: 'today', w: '7d', m: '30d', q: '90d', y: '12mo' };

/** Listens for the single keys while nobody writes and no dialog is open. */
export function useShortcuts(facts: PageFacts, doors: { onHelp(): void; onAdd(): void }): void {
  const current = useRef({ facts, doors });
  current.current = { facts, doors };
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (!isFree(event) || !areShortcutsOn()) return;
      if (act(event.key, current.current)) event.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

function act(key: string, { facts, doors }: { facts: PageFacts; doors: { onHelp(): void; onAdd(): void } }): boolean {
  const { state, change, nowMs, zone } = facts;
  const preset = ranges[key];
  const shift = (direction: -1 | 1): void => {
    const range = shiftChoice(state.range, { nowMs, zone, direction });
    if (range) change({ range });
  };
  const moves: Record<string, () => void> = {
    l: () => change({ view: state.view === 'live' ? 'overview' : 'live' }),
    c: () => change({ isCompared: !state.isCompared }),
    x: () => change({ filters: {} }),
    s: () => document.querySelector<HTMLElement>('[data-shortcut="s"]')?.click(),
    n: doors.onAdd,
    '?': doors.onHelp,
  };
  const step = steps[key];
  if (step) shift(step);
  else if (preset) change({ range: { preset }, interval: undefined });
  else if (Object.hasOwn(moves, key)) moves[key]?.();
  else return false;
  return true;
}

function isFree(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return false;
  if (document.querySelector('dialog[open]')) return false;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest('input, select, textarea, [contenteditable], [data-arrows]')) return false;
  return !target?.closest('.popover-panel');
}

const setting = 'shortcuts';

export function areShortcutsOn(): boolean {
  try {
    return localStorage.getItem(setting) !== 'off';
  } catch {
    return true;
  }
}

export function setShortcutsOn(isOn: boolean): void {
  try {
    localStorage.setItem(setting, isOn ? 'on' : 'off');
  } catch {
    // Storage may be switched off; then the choice cannot be kept.
  }
}
