import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from './browser.ts';
import type { WatchedPage } from './watched-page.ts';
import { watchPage } from './watched-page.ts';

/** Far more than the page needs on a busy machine. */
const patient = { timeout: 45_000 };

let server: ChildProcess;
let url: string;
let site: string;
let browser: Browser;
let open: WatchedPage[] = [];

beforeAll(async () => {
  server = fork(join(import.meta.dirname, '../services/dashboard/testing/serve.ts'));
  const [ready] = (await once(server, 'message')) as [{ url: string; site: string }];
  ({ url, site } = ready);
  browser = await openBrowser();
});

afterEach(async () => {
  for (const { close } of open) await close();
  open = [];
  await ask({ do: 'heal' });
});

afterAll(async () => {
  await browser?.close();
  const gone = once(server, 'exit');
  server.disconnect();
  await gone;
});

/** Tells the stand-in what to do, and waits until it did. */
async function ask(wish: object): Promise<void> {
  const done = once(server, 'message');
  server.send(wish);
  await done;
}

async function show(path: string, options?: BrowserContextOptions): Promise<WatchedPage> {
  const watched = await watchPage(browser, options);
  open.push(watched);
  const own = new URL(path, url);
  own.searchParams.set('site', site);
  await watched.page.goto(`${url}/session/login?returnTo=${encodeURIComponent(own.pathname + own.search)}`);
  return watched;
}

const panel = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
const figure = (page: Page, name: string) => page.getByRole('button', { name: new RegExp(`^${name}`) });

describe('the page', () => {
  it('shows figures, course and breakdowns without one fault, and asks nothing of other hosts', async () => {
    const { page, faults } = await show('/?range=30d');
    for (const name of ['Visitors', 'Visits', 'Page views']) await figure(page, name).getByText(/\d/).first().waitFor();
    for (const name of [
      'Pages',
      'Referrers',
      'Countries',
      'Browsers',
      'Systems',
      'Devices',
      'Languages',
      'Campaigns',
      'Events',
    ]) {
      await panel(page, name).scrollIntoViewIfNeeded();
      await panel(page, name).getByRole('listitem').first().waitFor();
    }
    await page.getByRole('img', { name: /World map/ }).waitFor();
    await page.getByText(/Up to \d+ s old, from the recent store/).waitFor();
    expect(faults).toEqual([]);
  });

  it('sends nobody who is not logged in anywhere but to the login, and keeps the address', async () => {
    const watched = await watchPage(browser);
    open.push(watched);
    await watched.page.goto(`${url}/?range=7d&path=/about`);
    await watched.page.getByRole('link', { name: 'Log in' }).click();
    await watched.page.getByRole('list', { name: 'Filters' }).getByText('/about').waitFor();
    expect(new URL(watched.page.url()).searchParams.get('range')).toBe('7d');
    expect(watched.faults).toEqual([]);
  });

  it('filters by rows, combines filters, shows them as chips and in the address, and takes them away', async () => {
    const { page } = await show('/?range=7d');
    await panel(page, 'Referrers')
      .getByRole('button', { name: /news\.ycombinator/ })
      .click();
    await panel(page, 'Devices').scrollIntoViewIfNeeded();
    await panel(page, 'Devices').getByRole('button', { name: /Phone/ }).click();
    const chips = page.getByRole('list', { name: 'Filters' });
    await expect.poll(() => chips.getByRole('listitem').count(), patient).toBe(3);
    const query = new URL(page.url()).searchParams;
    expect([query.get('referrer'), query.get('device')]).toEqual(['news.ycombinator.com', 'mobile']);
    await page.reload();
    await chips.getByRole('button', { name: 'Remove filter Device: Phone' }).click();
    await expect.poll(() => new URL(page.url()).searchParams.has('device'), patient).toBe(false);
    await page.goBack();
    await chips.getByText('Phone').waitFor();
  });

  it('pages through a breakdown in a dialog, and gives it back as a file that no spreadsheet runs', async () => {
    const { page, faults } = await show('/?range=90d');
    await panel(page, 'Pages').getByRole('button', { name: 'More pages' }).click();
    const dialog = page.getByRole('dialog', { name: 'Pages' });
    await dialog.getByText('50 shown, more below').waitFor();
    await dialog.getByRole('button', { name: 'Show more' }).click();
    await dialog.getByText('100 shown, more below').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name: 'Download pages as CSV' }).click(),
    ]);
    const csv = await readFile(await download.path(), 'utf8');
    expect(download.suggestedFilename()).toMatch(/^field-notes-pages-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d\.csv$/);
    expect(csv).toContain('"\'=HYPERLINK(""https://evil.example"",""win"")"');
    expect(csv.split('\r\n')).toHaveLength(132);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('dialog').count(), patient).toBe(0);
    expect(faults).toEqual([]);
  });

  it('chooses range, interval and time zone, and steps back in time', async () => {
    const { page } = await show('/');
    await page.getByRole('button', { name: /^Time range/ }).click();
    await page.getByRole('button', { name: 'Last 90 days' }).click();
    await page.getByRole('button', { name: 'Week' }).click();
    await page.getByRole('button', { name: /^Time zone/ }).click();
    await page.getByRole('combobox', { name: 'Time zones' }).fill('tokyo');
    await page.keyboard.press('Enter');
    await expect
      .poll(() => Object.fromEntries(new URL(page.url()).searchParams), patient)
      .toEqual({ site, range: '90d', interval: 'week', tz: 'Asia/Tokyo' });
    await page.getByRole('button', { name: 'The period before' }).click();
    await expect.poll(() => new URL(page.url()).searchParams.get('from'), patient).toMatch(/^\d{4}-\d\d-\d\d$/);
  });

  it('shows the chart as a table, and names its points by keyboard', async () => {
    const { page } = await show('/?range=7d');
    await page.getByRole('group', { name: /Visitors over time/ }).focus();
    await page.keyboard.press('ArrowRight');
    await page
      .getByRole('status')
      .getByText(/visitors/)
      .waitFor();
    await page.getByRole('button', { name: 'Show as a table' }).click();
    await expect.poll(() => page.getByRole('table').getByRole('row').count(), patient).toBe(8);
  });

  it('is worked by keys, which can be switched off', async () => {
    const { page } = await show('/');
    await figure(page, 'Visitors').waitFor();
    await page.keyboard.press('m');
    await expect.poll(() => new URL(page.url()).searchParams.get('range'), patient).toBe('30d');
    await page.keyboard.press('?');
    await page.getByRole('checkbox', { name: /single keys/ }).uncheck();
    await page.keyboard.press('Escape');
    await page.keyboard.press('w');
    await page.getByRole('button', { name: 'Help and shortcuts' }).click();
    expect(new URL(page.url()).searchParams.get('range')).toBe('30d');
  });

  it('writes what a visitor sent as text, never as code', async () => {
    const { page, faults } = await show('/?range=90d&more=path');
    const dialog = page.getByRole('dialog', { name: 'Pages' });
    for (let pages = 0; pages < 2; pages += 1) await dialog.getByRole('button', { name: 'Show more' }).click();
    await dialog.getByText('<img src=x onerror=alert(1)>').waitFor();
    expect(faults).toEqual([]);
  });
});

describe('live', () => {
  it('shows a view at once, in the list and in the figures, without a reload', async () => {
    const { page, faults } = await show('/?view=live');
    const views = page.getByRole('region', { name: 'Latest views' }).getByRole('listitem');
    await views.first().waitFor();
    const before = await views.count();
    await ask({ do: 'arrive', site });
    await expect.poll(() => views.count(), patient).toBe(before + 1);
    expect(faults).toEqual([]);
  });

  it('says that the line was cut, and comes back by itself', async () => {
    const { page } = await show('/?view=live');
    await page.getByRole('button', { name: /visitors now/ }).waitFor();
    await ask({ do: 'fail', path: '/api/analytics/live', status: 503 });
    await ask({ do: 'cut-streams' });
    await page.getByText(/It is tried again in \d+ s/).waitFor();
    await ask({ do: 'heal' });
    await expect.poll(() => page.getByText(/It is tried again in/).count(), patient).toBe(0);
  });

  it('shows the tag for a new site, and turns live by itself when the first view arrives', async () => {
    const { page, faults } = await show('/');
    await page.getByRole('button', { name: /^Site:/ }).click();
    await page.getByRole('button', { name: 'Add a site' }).click();
    const form = page.getByRole('dialog', { name: 'Add a site' });
    await form.getByLabel('Domain').fill('https://shop.example/index.html');
    await form.getByRole('button', { name: 'Add site' }).click();
    await page.getByText('Waiting for the first page view').waitFor();
    const own = new URL(page.url()).searchParams.get('site') ?? '';
    await page.getByText(`<script defer src="${url}/t.js" data-site="${own}"></script>`).waitFor();
    await ask({ do: 'arrive', site: own });
    await figure(page, 'Visitors').getByText('1', { exact: true }).waitFor();
    expect(faults).toEqual([]);
  });
});

describe('trouble', () => {
  it('says what the figures lack while the warehouse is away', async () => {
    await ask({ do: 'lose-warehouse' });
    const { page } = await show('/?range=90d');
    await page.getByText(/The warehouse does not answer/).waitFor();
  });

  it('keeps what it has and says what to do when the figures cannot be read', async () => {
    await ask({ do: 'fail', path: '/api/analytics/breakdown', status: 404 });
    const { page } = await show('/?range=7d');
    await panel(page, 'Pages').getByRole('alert').waitFor();
    await ask({ do: 'heal' });
    await panel(page, 'Pages').getByRole('button', { name: 'Try again' }).click();
    await panel(page, 'Pages').getByRole('listitem').first().waitFor();
  });

  it('asks for a new login when the session is over, without losing the view', async () => {
    const { page } = await show('/?range=7d&path=/about');
    await figure(page, 'Visitors').waitFor();
    await ask({ do: 'pass', milliseconds: 31 * 60_000 });
    await page.getByRole('button', { name: 'Last 7 days' }).press('y');
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await page.getByRole('link', { name: 'Log in again' }).click();
    await page.getByRole('list', { name: 'Filters' }).getByText('/about').waitFor();
  });

  it('logs out for good', async () => {
    const { page } = await show('/');
    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByText('You are logged out.').waitFor();
    expect(await page.context().cookies()).toEqual([]);
  });
});

describe('every size and taste', () => {
  it.each([
    ['a phone', { viewport: { width: 360, height: 740 }, hasTouch: true }],
    ['a tablet', { viewport: { width: 768, height: 1_024 } }],
    ['a desktop', { viewport: { width: 1_440, height: 900 } }],
  ])('on %s nothing hangs over the edge', async (_, options) => {
    const { page } = await show('/?range=30d&path=/notes/what-a-queue-is-for&referrer=news.ycombinator.com', options);
    await figure(page, 'Visitors').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    await page.getByRole('button', { name: 'Live', exact: true }).click();
    await page.getByRole('region', { name: 'Latest views' }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  });

  it('follows the system’s theme until another one is chosen, and remembers that', async () => {
    const { page } = await show('/', { colorScheme: 'dark' });
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    await figure(page, 'Visitors').waitFor();
    await expect.poll(ground, patient).toBe('rgb(14, 20, 24)');
    await page.getByRole('button', { name: /^Theme/ }).click();
    await page.getByRole('button', { name: 'Light' }).click();
    await expect.poll(ground, patient).toBe('rgb(245, 246, 246)');
    await page.reload();
    await expect.poll(ground, patient).toBe('rgb(245, 246, 246)');
  });

  it('the first key leads past the header to the figures', async () => {
    const { page } = await show('/');
    await figure(page, 'Visitors').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate(() => document.activeElement?.id), patient).toBe('main');
  });
});
