import { deepStrictEqual } from 'node:assert';
import postgres from 'postgres';
import type { AnalyticsPlace } from './analytics.ts';
import { benchSite, prepareAnalytics, startAnalytics } from './analytics.ts';
import { fillHistory } from './fill-history.ts';
import type { Issuer } from './issuer.ts';
import { startIssuer } from './issuer.ts';
import type { Bench, BenchContext, Figure } from './measurement.ts';
import { median } from './measurement.ts';
import type { RawStats, RawValue } from './raw-figures.ts';
import { numberVisits, rawStats, rawValues } from './raw-figures.ts';
import type { Stage } from './stage.ts';
import { openStage } from './stage.ts';

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const days = 90;
const warmups = 3;

/** Bar 4: what a reader of the dashboard waits for, after the answers were found to be right. */
export const queries: Bench = {
  name: 'queries',
  what: `stats and breakdowns over HTTP, of ${days} days: 30 in the hot database, the others in the warehouse`,
  run: async (context) => {
    if (context.isQuick) return await measure(context, { views: 50_000, slower: Number.POSITIVE_INFINITY });
    const one = await measure(context, { views: 1_000_000, slower: 1 });
    return [...one, ...(await measure(context, { views: 5_000_000, slower: 3 }))];
  },
};

interface Size {
  views: number;
  /** So many times the bar may be taken. */
  slower: number;
}

async function measure(context: BenchContext, { views, slower }: Size): Promise<Figure[]> {
  const untilMs = Date.now();
  const named = `${views.toLocaleString('en-US')} views`;
  const stage = await openStage();
  const issuer = await startIssuer();
  try {
    const urls = { databaseUrl: await stage.database('hot'), warehouseUrl: await stage.database('warehouse') };
    const place: AnalyticsPlace = { ...urls, issuerUrl: issuer.url };
    await prepareAnalytics(place);
    await fillHistory(stage, place, { siteId: benchSite, views, days, untilMs, seed: 4, engagementShare: 0.2 });
    context.progress(`${named} lie where they would by now`);
    const pages = pagesAt(untilMs);
    const ask = await openReader(stage, place, issuer);
    for (const page of pages) await checkPage(place.warehouseUrl, await readPage(ask, page));
    context.progress(`every answer equals the count of ${named} one by one`);
    const figures: Figure[] = [];
    for (const { questions, what, atMost } of pages) {
      const times = await timePage(ask, questions, context.isQuick ? 3 : 25);
      const detail = { views, times };
      context.progress(`${what}: ${Math.round(median(times))} ms`);
      figures.push({
        bar: '4',
        what: `${what}, ${named}`,
        value: median(times),
        unit: 'ms',
        atMost: atMost * slower,
        detail,
      });
    }
    return figures.map(({ atMost = 0, ...figure }) => ({ ...figure, ...(Number.isFinite(atMost) && { atMost }) }));
  } finally {
    issuer.close();
    await stage.close();
  }
}

interface Question {
  path: 'stats' | 'breakdown';
  query: { from: string; to: string } & Record<string, string>;
}

/** What the dashboard asks for together. */
interface Page {
  what: string;
  atMost: number;
  questions: Question[];
}

const panels = ['path', 'referrer', 'country', 'browser', 'os', 'device', 'language', 'campaign', 'event'];

/** The ranges that the dashboard makes of "last 24 hours", "last 30 days" and "last 90 days" in UTC. */
function pagesAt(nowMs: number): Page[] {
  const range = (fromMs: number, toMs: number) => ({
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
  });
  const stats = (fromMs: number, toMs: number, interval: string): Question => ({
    path: 'stats',
    query: { ...range(fromMs, toMs), interval, tz: 'UTC' },
  });
  const hour = (Math.floor(nowMs / hourMs) + 1) * hourMs;
  const midnight = (Math.floor(nowMs / dayMs) + 1) * dayMs;
  const month = 30 * dayMs;
  // The period before is shown as a whole, and compared as far as the present one has come.
  const fairTo = Math.ceil(nowMs / (hourMs / 4)) * (hourMs / 4) - month;
  const lists = panels.map((by): Question => {
    const limit = by === 'country' ? '100' : '8';
    return { path: 'breakdown', query: { ...range(midnight - month, midnight), by, sort: 'pageviews', limit } };
  });
  const figures = [
    stats(midnight - month, midnight, 'day'),
    stats(midnight - 2 * month, midnight - month, 'day'),
    stats(midnight - 2 * month, fairTo, 'day'),
  ];
  return [
    { what: 'stats of 24 hours', atMost: 14, questions: [stats(hour - dayMs, hour, 'hour')] },
    { what: 'page of 30 days: 9 lists, two periods', atMost: 150, questions: [...figures, ...lists] },
    { what: 'stats of 90 days', atMost: 240, questions: [stats(midnight - days * dayMs, midnight, 'day')] },
  ];
}

interface Answer extends RawStats {
  series: { start: string; visitors: number; visits: number; pageviews: number }[];
  items: RawValue[];
  complete: boolean;
}

type Ask = (question: Question) => Promise<Answer>;

async function openReader(stage: Stage, place: AnalyticsPlace, issuer: Issuer): Promise<Ask> {
  const api = await startAnalytics(stage, place, 'api');
  return async ({ path, query }) => {
    const search = new URLSearchParams({ site: benchSite, ...query });
    const headers = { authorization: issuer.authorization };
    const response = await fetch(`${api.url}/api/analytics/${path}?${search}`, { headers });
    if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
    return (await response.json()) as Answer;
  };
}

const readPage = (ask: Ask, { questions }: Page): Promise<[Question, Answer][]> =>
  Promise.all(questions.map(async (question): Promise<[Question, Answer]> => [question, await ask(question)]));

async function timePage(ask: Ask, questions: Question[], runs: number): Promise<number[]> {
  const times: number[] = [];
  for (let run = 0; run < warmups + runs; run += 1) {
    const startedAt = performance.now();
    await Promise.all(questions.map(ask));
    if (run >= warmups) times.push(performance.now() - startedAt);
  }
  return times;
}

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;

/** @throws when an answer differs from the count of the events themselves. */
async function checkPage(warehouseUrl: string, answers: [Question, Answer][]): Promise<void> {
  const sql = postgres(warehouseUrl, { max: 1, onnotice: () => undefined });
  await numberVisits(sql);
  for (const [{ path, query }, answer] of answers) {
    if (!answer.complete) throw new Error('an answer was not complete');
    if (path === 'breakdown') {
      const { by = '', limit = '' } = query;
      deepStrictEqual(answer.items, await rawValues(sql, { ...query, by, limit: Number(limit) }), by);
      continue;
    }
    const { visitors, visits, pageviews, bounceRate, avgVisitSeconds, series } = answer;
    const raw = await rawStats(sql, query);
    deepStrictEqual(
      { visitors, visits, pageviews, bounceRate: rounded(bounceRate), avgVisitSeconds: rounded(avgVisitSeconds) },
      { ...raw, bounceRate: rounded(raw.bounceRate), avgVisitSeconds: rounded(raw.avgVisitSeconds) },
    );
    for (const [place, bucket] of series.entries()) {
      const to = series[place + 1]?.start ?? query.to;
      const own = await rawStats(sql, { from: bucket.start, to });
      const counts = { visitors: own.visitors, visits: own.visits, pageviews: own.pageviews };
      deepStrictEqual(bucket, { start: bucket.start, ...counts });
    }
  }
  await sql.end();
}
