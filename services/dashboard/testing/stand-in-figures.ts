// Believable figures that are the same on every machine: a pure function of the site, the hour and the value.
const hourMs = 3_600_000;

export interface Counts {
  visitors: number;
  visits: number;
  pageviews: number;
}

type Filters = Record<string, string>;

/** How often each value occurs; a share of all views. The last rows of `path` and `referrer` are seeds of an attack. */
const shares: Record<string, readonly (readonly [string | null, number])[]> = {
  path: [
    ['/', 0.24],
    ['/notes/a-slower-web', 0.17],
    ['/notes/postgres-in-anger', 0.13],
    ['/pricing', 0.09],
    ['/notes/what-a-queue-is-for', 0.075],
    ['/about', 0.05],
    ['/notes', 0.045],
    ['/notes/cookies-are-optional', 0.03],
    ...Array.from(
      { length: 120 },
      (_, index) => [`/archive/${2016 + (index % 10)}/note-${index + 1}`, 0.0013] as const,
    ),
    ['/<img src=x onerror=alert(1)>', 0.001],
    ['=HYPERLINK("https://evil.example","win")', 0.001],
  ],
  referrer: [
    [null, 0.38],
    ['news.ycombinator.com', 0.21],
    ['www.google.com', 0.16],
    ['lobste.rs', 0.07],
    ['github.com', 0.06],
    ['duckduckgo.com', 0.045],
    ['mastodon.social', 0.03],
    ['www.bing.com', 0.02],
    ['old.reddit.com', 0.015],
  ],
  country: [
    ['US', 0.27],
    ['DE', 0.14],
    ['GB', 0.09],
    ['IN', 0.08],
    ['AT', 0.065],
    ['FR', 0.055],
    ['NL', 0.045],
    ['CA', 0.04],
    ['BR', 0.032],
    ['JP', 0.028],
    ['AU', 0.024],
    ['SE', 0.02],
    ['PL', 0.018],
    ['ES', 0.016],
    ['SG', 0.012],
    ['ZA', 0.009],
    ['KE', 0.005],
    ['AR', 0.005],
    [null, 0.004],
  ],
  browser: [
    ['Chrome', 0.46],
    ['Safari', 0.24],
    ['Firefox', 0.19],
    ['Edge', 0.06],
    ['Samsung Internet', 0.03],
    ['Opera', 0.02],
  ],
  os: [
    ['macOS', 0.31],
    ['Windows', 0.27],
    ['iOS', 0.16],
    ['Android', 0.14],
    ['Linux', 0.12],
  ],
  device: [
    ['desktop', 0.7],
    ['mobile', 0.27],
    ['tablet', 0.03],
  ],
  language: [
    ['en-US', 0.41],
    ['de-AT', 0.17],
    ['en-GB', 0.12],
    ['fr-FR', 0.08],
    ['pt-BR', 0.05],
    ['ja-JP', 0.03],
    ['nl-NL', 0.03],
  ],
  campaign: [
    ['autumn-letter', 0.06],
    ['launch', 0.03],
    ['podcast-42', 0.01],
  ],
  event: [
    ['newsletter signup', 0.031],
    ['download', 0.018],
    ['theme switched', 0.012],
  ],
};

/** The counts of one hour. */
export function countsOfHour(hourStartMs: number, seed: number): Counts {
  const date = new Date(hourStartMs);
  const daily = 0.55 + 0.45 * Math.sin(((date.getUTCHours() - 8) / 24) * 2 * Math.PI);
  const weekly = [0.62, 1.05, 1.1, 1.06, 1, 0.92, 0.6][date.getUTCDay()] ?? 1;
  const growth = 1 + 0.25 * Math.sin(hourStartMs / (61 * 24 * hourMs)) + (hourStartMs - 1.7e12) / 4e11;
  const noise = 0.82 + 0.36 * noiseOf(hourStartMs / hourMs, seed);
  const pageviews = Math.round(190 * daily * weekly * growth * noise);
  return { pageviews, visits: Math.round(pageviews * 0.52), visitors: Math.round(pageviews * 0.43) };
}

/** The share of views that pass all filters. */
export function shareOf(filters: Filters): number {
  let share = 1;
  for (const [name, value] of Object.entries(filters)) {
    share *= shares[name]?.find(([known]) => (known ?? '') === value)?.[1] ?? 0;
  }
  return share;
}

/** The rows of a breakdown, the largest first. */
export function rowsOf(
  by: string,
  total: Counts,
  filters: Filters,
): ({ value: string | null; seconds: number } & Counts)[] {
  const wanted = filters[by];
  return (shares[by] ?? [])
    .filter(([value]) => wanted === undefined || (value ?? '') === wanted)
    .map(([value, share]) => {
      const part = wanted === undefined ? share : 1;
      const pageviews = Math.round(total.pageviews * part);
      return {
        value,
        pageviews,
        visits: Math.round(total.visits * part),
        visitors: Math.round(total.visitors * part),
        seconds: pageviews * 37,
      };
    })
    .filter((row) => row.pageviews > 0);
}

/** A view as the live stream tells of it; the n-th of a site. */
export function viewOf(number: number, atMs: number) {
  const pick = (name: string): string | null => {
    let at = noiseOf(number, name.length * 7 + 3);
    for (const [value, share] of shares[name] ?? []) {
      at -= share;
      if (at <= 0) return value;
    }
    return shares[name]?.[0]?.[0] ?? null;
  };
  const path = pick('path') ?? '/';
  return {
    id: `00000000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`,
    at: new Date(atMs).toISOString(),
    path,
    title: path === '/' ? 'Field Notes' : null,
    referrer: pick('referrer'),
    country: pick('country'),
    browser: pick('browser'),
    os: pick('os'),
    device: pick('device'),
  };
}

/** A number in [0, 1) that depends on its arguments alone (a round of murmur3's mixer). */
export function noiseOf(at: number, seed: number): number {
  let mixed = (Math.imul(Math.floor(at) | 0, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca6b)) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) >>> 0;
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
}
