// Believable visitors of a small shop: who they are, where they come from, what they look at, and for how long.
import type { CountryFinder } from './country.ts';

/** A number in [0, 1). */
export type Fraction = () => number;

export interface DemoVisitor {
  ip: string;
  userAgent: string;
  language: string;
  screen: string;
  referrer?: string;
  campaign?: string;
  /** Pages in the order of the visit, with the seconds that each is read. */
  steps: {
    path: string;
    title: string;
    seconds: number;
    event?: { name: string; props: Record<string, string | number> };
  }[];
}

type Weighted<Value> = readonly (readonly [Value, number])[];

const chromeOn = (system: string, mobile = '') =>
  `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0${mobile} Safari/537.36`;
const browsers: Weighted<{ userAgent: string; screens: string[] }> = [
  [{ userAgent: chromeOn('Windows NT 10.0; Win64; x64'), screens: ['1920x1080', '1536x864'] }, 26],
  [{ userAgent: chromeOn('Linux; Android 15; Pixel 9', ' Mobile'), screens: ['412x915', '360x800'] }, 24],
  [
    {
      userAgent:
        'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
      screens: ['390x844', '393x852'],
    },
    22,
  ],
  [
    {
      userAgent:
        'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
      screens: ['1440x900', '1728x1117'],
    },
    9,
  ],
  [
    {
      userAgent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0',
      screens: ['1920x1080'],
    },
    7,
  ],
  [{ userAgent: `${chromeOn('Windows NT 10.0; Win64; x64')} Edg/140.0.0.0`, screens: ['1920x1080', '2560x1440'] }, 6],
  [{ userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0', screens: ['1920x1200'] }, 3],
  [
    {
      userAgent:
        'Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
      screens: ['820x1180'],
    },
    3,
  ],
];
const countries: Weighted<readonly [country: string, language: string]> = [
  [['US', 'en-US'], 24],
  [['DE', 'de-DE'], 13],
  [['GB', 'en-GB'], 9],
  [['FR', 'fr-FR'], 7],
  [['IN', 'en-IN'], 7],
  [['BR', 'pt-BR'], 6],
  [['JP', 'ja-JP'], 5],
  [['CA', 'en-CA'], 4],
  [['AT', 'de-AT'], 4],
  [['ES', 'es-ES'], 4],
  [['IT', 'it-IT'], 3],
  [['NL', 'nl-NL'], 3],
  [['AU', 'en-AU'], 3],
  [['PL', 'pl-PL'], 3],
  [['SE', 'sv-SE'], 2],
  [['MX', 'es-MX'], 2],
  [['ZA', 'en-ZA'], 1],
];
const sources: Weighted<{ referrer?: string; campaign?: string }> = [
  [{}, 34],
  [{ referrer: 'https://www.google.com/' }, 30],
  [{ referrer: 'https://duckduckgo.com/' }, 5],
  [{ referrer: 'https://www.instagram.com/' }, 7],
  [{ referrer: 'https://www.reddit.com/r/coffee/' }, 6],
  [{ referrer: 'https://news.ycombinator.com/item' }, 4],
  [{ campaign: 'utm_source=newsletter&utm_medium=email&utm_campaign=autumn-roast' }, 9],
  [{ referrer: 'https://www.google.com/', campaign: 'utm_source=google&utm_medium=cpc&utm_campaign=espresso' }, 5],
];
const products = ['Espresso Nera', 'Filter No. 4', 'Decaf Bruna', 'Hand grinder', 'Porcelain dripper', 'Travel press'];
const articles = ['How to brew filter coffee', 'Why water matters', 'Grinding, explained'];
const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/-$/, '');

const attempts = 4_000;

/** Makes a visitor. Addresses are drawn until one lies in the wanted country. */
export function makeVisitor(fraction: Fraction, finder: CountryFinder): DemoVisitor {
  const [country, language] = pick(countries, fraction);
  const browser = pick(browsers, fraction);
  const source = pick(sources, fraction);
  return {
    ip: addressIn(country, { fraction, finder }),
    userAgent: browser.userAgent,
    language,
    screen: one(browser.screens, fraction),
    ...source,
    steps: walk(fraction),
  };
}

function pick<Value>(choices: Weighted<Value>, fraction: Fraction): Value {
  const sum = choices.reduce((total, [, weight]) => total + weight, 0);
  let left = fraction() * sum;
  for (const [value, weight] of choices) {
    left -= weight;
    if (left < 0) return value;
  }
  return one(choices, fraction)[0];
}

function one<Value>(values: readonly Value[], fraction: Fraction): Value {
  return values[Math.floor(fraction() * values.length)] as Value;
}

function addressIn(country: string, parts: { fraction: Fraction; finder: CountryFinder }): string {
  let address = '';
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const bytes = Array.from({ length: 4 }, () => Math.floor(parts.fraction() * 256));
    address = [Math.max(1, (bytes[0] ?? 0) % 224), ...bytes.slice(1)].join('.');
    if (parts.finder.of(address) === country) break;
  }
  return address;
}

/** A way through the shop: most leave early, some read, a few buy. */
function walk(fraction: Fraction): DemoVisitor['steps'] {
  const seconds = () => Math.round(4 + 50 * fraction() ** 2);
  const home = () => ({ path: '/', title: 'Bean & Leaf', seconds: seconds() });
  const article = () => {
    const title = one(articles, fraction);
    return { path: `/journal/${slug(title)}`, title, seconds: seconds() * 2 };
  };
  const product = () => {
    const title = one(products, fraction);
    return { path: `/shop/${slug(title)}`, title, seconds: seconds() };
  };
  const steps: DemoVisitor['steps'] = [one([home, home, article, product], fraction)()];
  const more = [product, product, article, () => ({ path: '/shop', title: 'Shop', seconds: seconds() })];
  while (steps.length < 8 && fraction() < 0.55) steps.push(one(more, fraction)());
  const last = steps.findLast((step) => step.path.startsWith('/shop/'));
  if (last && fraction() < 0.35) {
    last.event = { name: 'add to cart', props: { product: last.title } };
    steps.push({ path: '/cart', title: 'Cart', seconds: seconds() });
    if (fraction() < 0.5) {
      const event = { name: 'order placed', props: { items: 1 + Math.floor(fraction() * 3) } };
      steps.push({ path: '/checkout', title: 'Checkout', seconds: seconds() });
      steps.push({ path: '/thanks', title: 'Thank you', seconds: 6, event });
    }
    return steps;
  }
  const end = steps.at(-1);
  if (end?.path.startsWith('/journal') && fraction() < 0.3) end.event = { name: 'newsletter', props: {} };
  return steps;
}
