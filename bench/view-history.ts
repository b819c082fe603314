import type { TrackedEvent } from '@millrace/catalog/events/analytics.ts';

/** What a site's history looks like. The same plan gives the same history. */
export interface HistoryPlan {
  siteId: string;
  /** Page views, exactly so many. */
  views: number;
  /** UTC days; the last one is the day of `untilMs`. */
  days: number;
  untilMs: number;
  seed: number;
  /** The part of the page views that are followed by a report of engaged time. */
  engagementShare: number;
}

export interface HistoryVisit {
  visitor: string;
  startedMs: number;
  endedMs: number;
  views: number;
  customs: number;
}

/** One UTC day: its events in the order of their time, and the visits that they make. */
export interface HistoryDay {
  day: string;
  events: TrackedEvent[];
  visits: HistoryVisit[];
}

const dayMs = 86_400_000;
const minuteMs = 60_000;

/** The days of a plan, the oldest first. */
export function* viewHistory(plan: HistoryPlan): Generator<HistoryDay> {
  const random = seeded(plan.seed);
  const firstMs = Math.floor(plan.untilMs / dayMs) * dayMs - (plan.days - 1) * dayMs;
  const starts = Array.from({ length: plan.days }, (_, index) => firstMs + index * dayMs);
  const weights = starts.map((startMs) => weightOf(startMs) * Math.min(1, (plan.untilMs - startMs) / dayMs));
  let weightLeft = weights.reduce((sum, weight) => sum + weight, 0);
  let viewsLeft = plan.views;
  for (const [index, startMs] of starts.entries()) {
    const weight = weights[index] ?? 0;
    const views = index === starts.length - 1 ? viewsLeft : Math.round((viewsLeft * weight) / weightLeft);
    weightLeft -= weight;
    viewsLeft -= views;
    yield dayOf(plan, { random, startMs, endMs: Math.min(startMs + dayMs, plan.untilMs), views });
  }
}

/** Weekends are quieter. */
const weightOf = (startMs: number): number => ([0, 6].includes(new Date(startMs).getUTCDay()) ? 0.6 : 1);

interface Day {
  random: () => number;
  startMs: number;
  endMs: number;
  views: number;
}

function dayOf(plan: HistoryPlan, day: Day): HistoryDay {
  const { random, startMs } = day;
  const events: TrackedEvent[] = [];
  const visits: HistoryVisit[] = [];
  for (let left = day.views; left > 0; ) {
    const person = makePerson(random);
    for (let fromMs = startAt(day); fromMs < day.endMs && left > 0; ) {
      const visit = makeVisit(plan, { ...day, views: left, fromMs, person });
      events.push(...visit.events);
      visits.push(visit.facts);
      left -= visit.facts.views;
      // One visitor in six comes back on the same day.
      fromMs = random() < 0.16 ? visit.facts.endedMs + 31 * minuteMs + random() * 5 * 60 * minuteMs : day.endMs;
    }
  }
  events.sort((one, other) => (one.at < other.at ? -1 : Number(one.at > other.at)));
  return { day: new Date(startMs).toISOString().slice(0, 10), events, visits };
}

/** Most people come in the afternoon, few at night. */
function startAt({ random, startMs, endMs }: Day): number {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const share = random();
    if (random() < 0.55 - 0.45 * Math.cos(2 * Math.PI * (share - 0.1)) && startMs + share * dayMs < endMs)
      return Math.floor(startMs + share * dayMs);
  }
  return Math.floor(startMs + random() * (endMs - startMs));
}

type Person = Pick<
  TrackedEvent,
  'visitor' | 'country' | 'browser' | 'os' | 'device' | 'language' | 'screen' | 'referrer' | 'utmSource'
> &
  Partial<Pick<TrackedEvent, 'utmMedium' | 'utmCampaign'>>;

function makePerson(random: () => number): Person {
  const referrer = random() < 0.45 ? referrers[rank(random, referrers.length)] : undefined;
  const campaign = random() < 0.12 ? campaigns[rank(random, campaigns.length)] : undefined;
  return {
    visitor: Array.from({ length: 4 }, () => hex4(random)).join(''),
    country: countries[rank(random, countries.length)],
    browser: browsers[rank(random, browsers.length)],
    os: systems[rank(random, systems.length)],
    device: devices[rank(random, devices.length)],
    language: languages[rank(random, languages.length)],
    screen: screens[rank(random, screens.length)],
    ...(referrer && { referrer }),
    ...(campaign && { utmSource: campaign.split('-')[0], utmMedium: 'email', utmCampaign: campaign }),
  } as Person;
}

function makeVisit(
  plan: HistoryPlan,
  day: Day & { fromMs: number; person: Person },
): { events: TrackedEvent[]; facts: HistoryVisit } {
  const { random, person, endMs } = day;
  const events: TrackedEvent[] = [];
  const facts = { visitor: person.visitor, startedMs: Math.floor(day.fromMs), endedMs: 0, views: 0, customs: 0 };
  let atMs = facts.startedMs;
  let path = pathOf(random);
  const add = (event: Pick<TrackedEvent, 'type'> & Partial<TrackedEvent>): void => {
    const at = new Date(atMs).toISOString();
    events.push({ id: idOf(random), siteId: plan.siteId, at, receivedAt: at, path, ...person, ...event });
    facts.endedMs = atMs;
  };
  do {
    add({ type: 'pageview', title: titleOf(path) });
    facts.views += 1;
    const staysMs = Math.floor(5_000 + random() ** 3 * 9 * minuteMs);
    if (random() < 0.03 && atMs + 4_000 < endMs) {
      atMs += 4_000;
      facts.customs += 1;
      add({ type: 'custom', name: names[rank(random, names.length)], props: { plan: 'team', seats: 5 } });
    }
    atMs += staysMs;
    if (random() < plan.engagementShare && atMs < endMs)
      add({ type: 'engagement', seconds: Math.floor(staysMs / 1_500) });
    atMs += 500;
    path = pathOf(random);
  } while (facts.views < day.views && atMs < endMs && random() < 0.62);
  return { events, facts };
}

/** Numbers in [0, 1) that a seed decides. Source: mulberry32. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Few values are frequent and many are rare. */
const rank = (random: () => number, count: number): number => Math.floor(count * random() ** 3);
const hex4 = (random: () => number): string =>
  Math.floor(random() * 65_536)
    .toString(16)
    .padStart(4, '0');
/** Version 4, as the tracker makes them. */
const idOf = (random: () => number): string => {
  const digits = Array.from({ length: 4 }, () => hex4(random));
  return `${digits[0]}${digits[1]}-${digits[2]}-4${hex4(random).slice(1)}-a${hex4(random).slice(1)}-${digits[3]}${hex4(random)}${hex4(random)}`;
};

const sections = ['articles', 'guides', 'reference', 'questions', 'news', 'about'];
const pathCount = 1_200;
const paths = Array.from({ length: pathCount }, (_, index) =>
  index === 0 ? '/' : `/${sections[index % sections.length]}/${2_018 + (index % 9)}/how-to-do-thing-${index}`,
);
const pathOf = (random: () => number): string => paths[rank(random, pathCount)] ?? '/';
const titleOf = (path: string): string => `${path.split('/').at(-1)?.replaceAll('-', ' ') || 'Start'} | A site for all`;
const referrers = Array.from({ length: 80 }, (_, index) => `site-${index}.search.example`);
const campaigns = Array.from({ length: 12 }, (_, index) => `newsletter-2026-${index}`);
const countries = 'US DE GB FR IN BR AT CH NL ES IT PL CA AU JP KR SE NO DK FI CZ PT IE BE MX AR ZA NG KE EG'.split(
  ' ',
);
const browsers = ['Chrome', 'Safari', 'Firefox', 'Microsoft Edge', 'Samsung Internet for Android', 'Opera', 'Vivaldi'];
const systems = ['Windows', 'Android', 'iOS', 'macOS', 'Linux', 'Chrome OS'];
const devices = ['desktop', 'mobile', 'tablet', 'other'];
const languages = ['en-US', 'en-GB', 'de-DE', 'de-AT', 'fr-FR', 'es-ES', 'pt-BR', 'it-IT', 'nl-NL', 'pl-PL', 'ja-JP'];
const screens = ['1920x1080', '390x844', '1366x768', '1536x864', '412x915', '2560x1440', '360x800', '1440x900'];
const names = ['signup', 'download', 'newsletter', 'outbound-link', 'video-play'];
