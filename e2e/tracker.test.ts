import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from './browser.ts';
import type { Platform } from './platform.ts';
import { sharedPlatform } from './platform.ts';

let platform: Platform;
let browser: Browser;
let site: Server;
let siteId: string;
let token: string;
let pageUrl: string;
/** Far more than a view needs to be counted. */
const patient = { timeout: 45_000, interval: 100 };
const sub = '0190b5f0-0000-7000-8000-0000000000bb';

beforeAll(async () => {
  platform = await sharedPlatform();
  token = await platform.token('analytics:read analytics:write', sub);
  siteId = await createSite('localhost');
  site = createServer((request, response) => {
    response.setHeader('content-type', 'text/html').end(
      `<!doctype html><title>Page ${request.url}</title><h1>A page of another origin</h1>
       <button id="next">Next</button><button id="buy">Buy</button>
       <script defer src="${platform.endpoints.gateway}/t.js" data-site="${siteId}"></script>
       <script>
         document.getElementById('next').onclick = () => history.pushState({}, '', '/second');
         document.getElementById('buy').onclick = () => window.millrace.track('bought', { plan: 'pro' });
       </script>`,
    );
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  pageUrl = `http://localhost:${(site.address() as { port: number }).port}`;
  browser = await openBrowser();
}, 180_000);

afterAll(async () => {
  await browser?.close();
  site?.close();
  await platform?.stop();
}, 60_000);

async function createSite(domain: string): Promise<string> {
  const response = await fetch(`${platform.endpoints.gateway}/api/analytics/sites`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ name: domain, domain }),
  });
  expect(response.status).toBe(201);
  return ((await response.json()) as { id: string }).id;
}

interface Breakdown {
  items: { value: string | null; pageviews: number; visitors: number; seconds: number }[];
}

async function breakdown(by: string): Promise<Breakdown['items']> {
  const from = new Date(Date.now() - 3_600_000).toISOString();
  const to = new Date(Date.now() + 3_600_000).toISOString();
  const query = new URLSearchParams({ site: siteId, from, to, by });
  const response = await fetch(`${platform.endpoints.gateway}/api/analytics/breakdown?${query}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(response.status).toBe(200);
  return ((await response.json()) as Breakdown).items;
}

describe('the tracker in a real Chromium, on a page of another origin', () => {
  it('reports views, history navigation, a custom event and engaged time, and sets no cookie', async () => {
    const context = await browser.newContext();
    const page: Page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(`${pageUrl}/first?utm_source=news&secret=1`);
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByRole('button', { name: 'Buy' }).click();
    const paths = async () => (await breakdown('path')).map((item) => [item.value, item.pageviews]).sort();
    await expect.poll(paths, patient).toEqual([
      ['/first', 1],
      ['/second', 1],
    ]);
    await expect.poll(async () => (await breakdown('event')).map((item) => item.value), patient).toEqual(['bought']);
    const openedAt = Date.now();
    await expect.poll(() => Date.now() - openedAt, patient).toBeGreaterThan(1_500);
    await page.goto('about:blank');
    const seconds = async () => (await breakdown('path')).reduce((sum, item) => sum + item.seconds, 0);
    await expect.poll(seconds, patient).toBeGreaterThanOrEqual(1);
    expect(await context.cookies()).toEqual([]);
    expect(errors).toEqual([]);
    expect((await breakdown('country')).reduce((sum, item) => sum + item.visitors, 0)).toBe(1);
    await context.close();
  });

  it('says nothing when the visitor asks not to be tracked', async () => {
    const context = await browser.newContext({ extraHTTPHeaders: { 'sec-gpc': '1', dnt: '1' } });
    await context.addInitScript(() => Object.defineProperty(navigator, 'globalPrivacyControl', { value: true }));
    const page = await context.newPage();
    const calls: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/collect')) calls.push(request.url());
    });
    await page.goto(`${pageUrl}/private`, { waitUntil: 'load' });
    await page.getByRole('button', { name: 'Next' }).click();
    await page.goto('about:blank');
    expect(calls).toEqual([]);
    expect((await breakdown('path')).map((item) => item.value)).not.toContain('/private');
    await context.close();
  });
});
