import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from './browser.ts';
import type { Platform } from './platform.ts';
import { sharedPlatform } from './platform.ts';

const developer = '00000000-0000-7000-8000-000000000001';
/** Far more than it takes: what has not come up then never does. */
const patient = { timeout: 45_000 };

let platform: Platform;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let site: Server;
let siteUrl: string;
let siteId: string;
const complaints: string[] = [];

beforeAll(async () => {
  platform = await sharedPlatform();
  siteId = await platform.createSite('localhost', developer);
  const tag = `<script defer src="${platform.endpoints.gateway}/t.js" data-site="${siteId}"></script>`;
  site = createServer((request, response) => {
    response
      .setHeader('content-type', 'text/html')
      .end(`<!doctype html><title>Shop ${request.url}</title><h1>Shop</h1>${tag}`);
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  siteUrl = `http://localhost:${(site.address() as { port: number }).port}`;
  browser = await openBrowser();
  context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1440, height: 1000 } });
  page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
}, 180_000);

afterAll(async () => {
  await browser?.close();
  site?.close();
  await platform?.stop();
}, 60_000);

/** Visits a page of the tracked site and gives back how long after the collector's 202 the dashboard showed its path. */
async function timeVisit(path: string): Promise<number> {
  const visitor = await browser.newContext();
  const visit = await visitor.newPage();
  const collected = visit.waitForResponse((response) => response.url().includes('/api/analytics/collect'));
  await visit.goto(siteUrl + path);
  expect((await collected).status()).toBe(202);
  const acceptedAt = Date.now();
  await page.getByText(path, { exact: true }).first().waitFor(patient);
  const shownAfterMs = Date.now() - acceptedAt;
  await visitor.close();
  return shownAfterMs;
}

describe('the dashboard, in a real browser on the whole platform', () => {
  it('logs in at the issuer and shows the tag to paste on a site without views', async () => {
    await page.goto(`${platform.endpoints.gateway}/?site=${siteId}`);
    await page
      .getByRole('link', { name: /log in/i })
      .or(page.getByRole('button', { name: /log in/i }))
      .first()
      .click();
    // Not the first account of the list: that is whoever another test was last.
    const form = page.getByRole('form', { name: 'Another account' });
    await form.getByLabel('Name').fill('Local Developer');
    await form.getByLabel('E-mail').fill('developer@localhost.example');
    await form.getByRole('button').click();
    await page.getByText(`data-site="${siteId}"`).first().waitFor(patient);
    const cookies = await context.cookies();
    const session = cookies.find((cookie) => cookie.name.startsWith('__Host-'));
    expect(session).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax' });
    const stored = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
    expect(stored).not.toMatch(/eyJ/);
  });

  it('shows a view by itself after its 202, without a reload', async () => {
    await page.evaluate(() => Object.assign(globalThis, { isSamePage: true }));
    await timeVisit('/first');
    const times: number[] = [];
    for (const path of ['/second', '/third', '/fourth']) times.push(await timeVisit(path));
    process.stdout.write(`dashboard.test.ts: a view was shown ${times.join(', ')} ms after its 202\n`);
    expect(await page.evaluate(() => 'isSamePage' in globalThis)).toBe(true);
  });

  it('counts them in its figures, and the browser had nothing to complain about', async () => {
    const text = () => page.locator('main').innerText();
    await expect.poll(text, patient).toMatch(/Page views\s+4\b/);
    expect(complaints).toEqual([]);
  });

  it('lets nobody in without the session', async () => {
    const stranger = await fetch(`${platform.endpoints.gateway}/session/api/analytics/sites`);
    expect(stranger.status).toBe(401);
  });
});
