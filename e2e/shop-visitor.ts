import { randomBytes } from 'node:crypto';
import type { Browser, Locator, Page } from 'playwright-core';
import type { Platform } from './platform.ts';
import type { WatchedPage } from './watched-page.ts';
import { watchPage } from './watched-page.ts';

/** Somebody in front of the shop, in a browser of their own. */
export interface Visitor extends WatchedPage {
  email: string;
  /** Goes to a place of the page by its address. */
  open(path: string): Promise<void>;
}

/** The smallest picture there is, and a drawing that says that it is one. */
export const pictures = {
  real: {
    name: 'portrait.png',
    mimeType: 'image/png',
    buffer: Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    ),
  },
  disguised: {
    name: 'portrait.png',
    mimeType: 'image/png',
    buffer: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
  },
  drawing: { name: 'portrait.svg', mimeType: 'image/svg+xml', buffer: Buffer.from('<svg/>') },
};

/** A word that nothing else is called by. */
export const newWord = (): string => Array.from(randomBytes(10), (byte) => 'bcdfghjklmnpqrstvwxz'[byte % 20]).join('');

/** Opens the shop for somebody who is not logged in. */
export async function strollerOn(platform: Platform, browser: Browser): Promise<Visitor> {
  const watched = await watchPage(browser, { bucket: platform.endpoints.aws });
  return {
    ...watched,
    email: `${newWord()}@example.com`,
    open: async (path) => {
      await watched.page.goto(platform.endpoints.gateway + path);
    },
  };
}

/** Logs somebody new in, and lands at `path`. */
export async function visitorOn(platform: Platform, browser: Browser, path = '/shop'): Promise<Visitor> {
  const visitor = await strollerOn(platform, browser);
  await visitor.open(`/session/login?returnTo=${encodeURIComponent(path)}`);
  const form = visitor.page.getByRole('form', { name: 'Another account' });
  await form.getByLabel('Name').fill('Ada Archer');
  await form.getByLabel('E-mail').fill(visitor.email);
  await form.getByRole('button').click();
  await door(visitor.page, 'My orders').waitFor();
  return visitor;
}

/** Registers at the profile page, which must be open. */
export async function registerHere({ page }: Visitor): Promise<void> {
  await page.getByRole('region', { name: 'Register' }).getByRole('button', { name: 'Register' }).click();
  await page.getByRole('region', { name: 'About you' }).waitFor();
}

/** Searches for a product and puts it into the cart so many times, then goes there. */
export async function putIntoCart({ page }: Visitor, name: string, times = 1): Promise<void> {
  await door(page, 'Shop').click();
  await page.getByRole('searchbox', { name: 'Search products' }).fill(name);
  const found = page.getByRole('list', { name: 'Products' });
  for (let count = 0; count < times; count += 1) {
    await found.getByRole('button', { name: `Add ${name} to the cart` }).click();
  }
  await page.getByRole('link', { name: /^Cart, / }).click();
  await page.getByRole('region', { name: 'Cart' }).getByText(name).waitFor();
}

/** Fills in the form beside the cart, and leaves the button to the caller. */
export async function fillCheckout({ page }: Visitor, card = 'Card that works'): Promise<Locator> {
  const form = page.getByRole('form', { name: 'Checkout' });
  await form.getByLabel('Street').fill('Mill Lane 4');
  await form.getByLabel('Postal code').fill('BA1 5LT');
  await form.getByLabel('City').fill('Bath');
  await form.getByRole('radio', { name: card, exact: true }).check();
  return form.getByRole('button', { name: /^Place order/ });
}

/** Orders one of a product, and waits for the order's page. Gives its address. */
export async function orderOne(visitor: Visitor, name: string, card?: string): Promise<string> {
  await putIntoCart(visitor, name);
  await (await fillCheckout(visitor, card)).click();
  await visitor.page.waitForURL(/\/orders\/[\w-]+$/);
  return new URL(visitor.page.url()).pathname;
}

/** Waits until the order's page says this state. */
export const untilOrderIs = ({ page }: Visitor, state: string): Promise<void> =>
  page.getByRole('region', { name: 'Progress' }).getByText(`${state}.`, { exact: true }).waitFor({ timeout: 90_000 });

export const door = (page: Page, name: string): Locator =>
  page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name });

/** What the browser says of a request that is refused and explained. */
export const refusal = (status: string, path: string): string =>
  `Failed to load resource: the server responded with a status of ${status} ${path}`;
