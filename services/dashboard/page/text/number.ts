const locale = 'en';
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 });
const finePercent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 });
const compactFrom = 10_000;

/** 12,345 */
export const formatCount = (value: number): string => whole.format(value);

/** 9,876 · 12.3K · 4.5M */
export const formatCompact = (value: number): string => (Math.abs(value) < compactFrom ? whole : short).format(value);

/** 42% · 4.2% · <0.1% */
export function formatShare(share: number): string {
  if (share > 0 && share < 0.001) return '<0.1%';
  return (share < 0.1 ? finePercent : percent).format(share);
}

/** 8s · 1m 5s · 2h 3m */
export function formatDuration(seconds: number): string {
  const total = Math.max(0, Math.round(seconds));
  if (total < 60) return `${total}s`;
  const minutes = Math.floor(total / 60);
  if (minutes < 60) return `${minutes}m ${total % 60}s`;
  return `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
}

/** How much a figure changed against the one before. */
export type Change = { kind: 'same' } | { kind: 'new' } | { kind: 'up' | 'down'; share: number };

export function changeOf(now: number, before: number): Change {
  if (now === before) return { kind: 'same' };
  if (before === 0) return { kind: 'new' };
  const share = (now - before) / before;
  return { kind: share > 0 ? 'up' : 'down', share: Math.abs(share) };
}

/** +12% · −4.2% · ×13 · new · no change */
export function formatChange(change: Change): string {
  if (change.kind === 'same') return 'no change';
  if (change.kind === 'new') return 'new';
  if (change.kind === 'up' && change.share >= 10) return `×${formatCompact(Math.round(change.share + 1))}`;
  return `${change.kind === 'up' ? '+' : '−'}${formatShare(change.share)}`;
}

/** A round number at or above the highest value, so that an axis ends well. */
export function niceCeiling(value: number): number {
  if (value <= 4) return 4;
  const size = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.2, 1.6, 2, 2.4, 2.8, 3.2, 4, 4.8, 6, 8, 10].find((factor) => factor * size >= value) ?? 10;
  return step * size;
}
