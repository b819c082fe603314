import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from './browser.ts';
import type { Platform } from './platform.ts';
import { sharedPlatform } from './platform.ts';
import type { Person } from './shop.ts';
import { makeProduct, personOn, placed, placeOrder } from './shop.ts';
import type { Visitor } from './shop-visitor.ts';
import {
  door,
  fillCheckout,
  newWord,
  orderOne,
  pictures,
  putIntoCart,
  refusal,
  registerHere,
  strollerOn,
  untilOrderIs,
  visitorOn,
} from './shop-visitor.ts';

const notRegistered = refusal('404 (Not Found)', '/session/api/users/me');
const orderCount = 26;
const patient = { timeout: 45_000 };
const teapot = `Teapot ${newWord()}`;

let platform: Platform;
let browser: Browser;
let operator: Person;
let teapotId: string;
/** Ada orders first of all; her page stays open while the other tests run, and is looked at again at the end. */
let ada: Visitor;
let adasOrder: string;
/** Ida waits for a picture that never comes. */
let ida: Visitor;
let guests: Visitor[] = [];

beforeAll(async () => {
  platform = await sharedPlatform();
  operator = await personOn(platform, 'products:write payments:operate');
  teapotId = await makeProduct(operator, { name: teapot, priceMinor: 3_250, stock: 1_000 });
  browser = await openBrowser();
}, 180_000);

afterEach(async () => {
  for (const { close } of guests) await close();
  guests = [];
});

afterAll(async () => {
  await browser?.close();
  await platform?.stop();
}, 60_000);

/** Somebody new for one test. */
async function guest(path?: string): Promise<Visitor> {
  const visitor = await visitorOn(platform, browser, path);
  guests.push(visitor);
  return visitor;
}

/** Calls an API as a browser does, with the session of a page. */
const read = <Body>({ page }: Visitor, path: string): Promise<Body> =>
  page.evaluate(async (address) => (await fetch(address)).json() as Promise<Body>, `/session/api${path}`);

describe('the shop, in a real browser on the whole platform', () => {
  it('can be read by everybody, and keeps a cart until its owner logs in', async () => {
    const stroller = await strollerOn(platform, browser);
    guests.push(stroller);
    const { page, faults } = stroller;
    await stroller.open('/shop');
    await putIntoCart(stroller, teapot, 2);
    await page.getByText('Log in to order. Your cart stays as it is.').waitFor();
    expect(await page.getByRole('navigation', { name: 'Main' }).getByRole('link').allInnerTexts()).toEqual([
      'Analytics',
      'Shop',
    ]);
    expect(faults).toEqual([]);
  });

  it('registers a profile and welcomes its owner at once', async () => {
    ada = await visitorOn(platform, browser, '/profile');
    await registerHere(ada);
    await ada.page.getByRole('button', { name: 'Notifications, 1 unread' }).waitFor();
    expect(ada.faults).toEqual([notRegistered]);
  });

  it('takes a picture, and says why another one is none', async () => {
    const { page, faults } = ada;
    const aboutAda = page.getByRole('region', { name: 'About you' });
    const input = aboutAda.locator('input[type=file]');
    await input.setInputFiles(pictures.drawing);
    await aboutAda.getByText(/PNG|image\/png/).waitFor();
    await input.setInputFiles(pictures.disguised);
    await aboutAda.getByText('The picture was refused: it is no PNG, JPEG or WebP').waitFor();
    await input.setInputFiles(pictures.real);
    const picture = aboutAda.getByRole('img', { name: /as others see you/ });
    await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth), patient).toBe(1);
    expect(faults.slice(1)).toEqual([refusal('415 (Unsupported Media Type)', '/session/api/users/me/avatar')]);
  });

  it('places one order however often the button is pressed, and shows how it starts', async () => {
    const { page } = ada;
    await putIntoCart(ada, teapot, 2);
    await (await fillCheckout(ada)).dblclick();
    await page.waitForURL(/\/orders\/[\w-]+$/);
    adasOrder = new URL(page.url()).pathname;
    await page.evaluate(() => Object.assign(globalThis, { isSamePage: true }));
    await untilOrderIs(ada, 'Confirmed');
    await page.getByRole('link', { name: 'Cart, empty' }).waitFor();
    expect((await read<{ items: object[] }>(ada, '/orders')).items).toHaveLength(1);
  });

  it('takes a file for a product that only says that it is a picture', async () => {
    ida = await visitorOn(platform, browser, `/operator?edit=${teapotId}`);
    const dialog = ida.page.getByRole('dialog', { name: teapot });
    await dialog.locator('input[type=file]').setInputFiles(pictures.disguised);
    await dialog.getByText('Sent. It comes up here once it was looked at.').waitFor();
  });

  it('says that a card was declined, and charges nothing', async () => {
    const bea = await guest();
    await orderOne(bea, teapot, 'Card that is declined');
    await untilOrderIs(bea, 'Rejected');
    await bea.page.getByText('The payment did not go through. Nothing was charged').waitFor();
    await bea.page.getByRole('region', { name: 'Delivery and payment' }).getByText('Declined').waitFor();
    expect(bea.faults).toEqual([]);
  });

  it('cancels an order that was paid, and pays it back', async () => {
    const cem = await guest();
    const { page } = cem;
    await orderOne(cem, teapot);
    await untilOrderIs(cem, 'Confirmed');
    await page.getByRole('button', { name: 'Cancel the order' }).click();
    await page.getByRole('button', { name: 'Yes, cancel it' }).click();
    await untilOrderIs(cem, 'Cancelled');
    await page.getByRole('region', { name: 'Delivery and payment' }).getByText('€32.50').nth(1).waitFor();
    const lastStep = page.getByRole('list', { name: 'Steps' }).getByRole('listitem').last();
    await expect.poll(() => lastStep.innerText(), patient).toMatch(/^Cancelled/);
    expect(cem.faults).toEqual([]);
  });

  it('says at the line what is out of stock, when somebody else was faster', async () => {
    const name = `Vase ${newWord()}`;
    const vase = await makeProduct(operator, { name, priceMinor: 900, stock: 2 });
    const dan = await guest();
    const { page, faults } = dan;
    await putIntoCart(dan, name, 2);
    const button = await fillCheckout(dan);
    const faster = { items: [{ productId: vase, quantity: 2 }], paymentToken: 'tok_ok' };
    const other = await personOn(platform);
    await placed(other, faster);
    await expect.poll(async () => (await placeOrder(other, faster)).status, patient).toBe(409);
    await button.click();
    const line = page.getByRole('region', { name: 'Cart' }).getByRole('listitem').filter({ hasText: name });
    await line.getByText('Out of stock').waitFor();
    expect(faults).toEqual([refusal('409 (Conflict)', '/session/api/orders')]);
  });

  it('shows nobody the order of somebody else', async () => {
    const eve = await guest(adasOrder);
    await eve.page.getByText('This order does not exist, or it belongs to another account.').waitFor();
    expect(eve.faults).toEqual([refusal('404 (Not Found)', `/session/api${adasOrder}`)]);
  });

  it('prints the history of an order, with its style and its diagram', async () => {
    const opened = ada.page.context().waitForEvent('page');
    await ada.page.getByRole('link', { name: 'Print the history' }).click();
    const sheet = await opened;
    await sheet.getByRole('heading', { name: 'What happened' }).waitFor();
    const diagram = sheet.locator('svg').first();
    expect((await diagram.boundingBox())?.width).toBeGreaterThan(150);
    expect(await diagram.textContent()).toMatch(/reserved[\s\S]*delivered/);
    expect(await sheet.evaluate(() => getComputedStyle(document.body).fontFamily)).toMatch(/sans-serif/);
    await sheet.close();
  });

  it('shows the orders of somebody page by page', async () => {
    const fay = await guest('/profile');
    await registerHere(fay);
    const { id } = await read<{ id: string }>(fay, '/users/me');
    const person = await personOn(platform, 'openid', id);
    const items = [{ productId: teapotId, quantity: 1 }];
    await Promise.all(
      Array.from({ length: orderCount }, () => placed(person, { items, paymentToken: 'tok_declined' })),
    );
    await door(fay.page, 'My orders').click();
    const rows = fay.page.getByRole('list', { name: 'Orders' }).getByRole('listitem');
    await expect.poll(() => rows.count(), patient).toBe(24);
    await fay.page.getByRole('button', { name: 'Show more' }).click();
    await expect.poll(() => rows.count(), patient).toBe(orderCount);
    await expect.poll(() => rows.filter({ hasText: 'Rejected' }).count(), patient).toBe(orderCount);
    expect(fay.faults).toEqual([notRegistered]);
  });
});

describe('the operator’s page', () => {
  const name = `Bowl ${newWord()}`;
  let gus: Visitor;

  it('makes a product, adds to its stock and gives it a picture, which the shop shows', async () => {
    gus = await visitorOn(platform, browser, '/operator');
    const { page, faults } = gus;
    await page.getByRole('button', { name: 'New product' }).click();
    const form = page.getByRole('form', { name: 'Product' });
    await form.getByLabel('Name').fill(name);
    await form.getByLabel('Price').fill('12,50');
    await form.getByLabel('Stock').fill('3');
    await form.getByRole('button', { name: 'Create product' }).click();
    await page.getByRole('button', { name: `Edit ${name}` }).click();
    await page.getByRole('form', { name: 'Stock' }).getByLabel('Add to the stock').fill('4');
    await page.getByRole('form', { name: 'Stock' }).getByRole('button', { name: 'Add' }).click();
    await page.getByText('7 can be sold now.').waitFor();
    const picture = page.getByRole('dialog', { name });
    await picture.locator('input[type=file]').setInputFiles(pictures.real);
    await picture.locator('img').waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await door(page, 'Shop').click();
    await page.getByRole('searchbox', { name: 'Search products' }).fill(name);
    const card = page.getByRole('list', { name: 'Products' }).getByRole('listitem').filter({ hasText: name });
    await card.getByText('€12.50').waitFor();
    await expect
      .poll(() => card.locator('img').evaluate((image: HTMLImageElement) => image.naturalWidth), patient)
      .toBe(1);
    expect(faults).toEqual([]);
  });

  it('overwrites nothing that somebody else changed meanwhile', async () => {
    const { page, faults } = gus;
    await door(page, 'Operator').click();
    await page.getByRole('searchbox', { name: 'Search products' }).fill(name);
    await page.getByRole('button', { name: `Edit ${name}` }).click();
    const form = page.getByRole('form', { name: 'Product' });
    await form.getByLabel(/^Price/).fill('13.00');
    const { items } = await read<{ items: { id: string; version: number }[] }>(gus, `/products?q=${name.slice(5)}`);
    const [product] = items;
    const changed = await operator.insist('PATCH', `/api/products/${product?.id}`, {
      body: { description: 'Turned by hand.' },
      headers: { 'if-match': `"${product?.version}"` },
    });
    expect(changed.status).toBe(200);
    await form.getByRole('button', { name: 'Save' }).click();
    await form.getByText('Somebody changed this product meanwhile.').waitFor();
    await form.getByRole('button', { name: 'Load again' }).click();
    await form.getByText('Turned by hand.').waitFor();
    await form.getByLabel(/^Price/).fill('13.00');
    await form.getByRole('button', { name: 'Save' }).click();
    await form.getByText('Saved.').waitFor();
    expect(faults).toEqual([refusal('412 (Precondition Failed)', `/session/api/products/${product?.id}`)]);
    await page.getByRole('button', { name: 'Close' }).click();
  });

  it('shows the figures of the shop and the payments that need somebody', async () => {
    const { page, faults } = gus;
    await page.getByRole('region', { name: 'Shop, last 7 days' }).getByText('Orders placed').waitFor();
    const before = faults.length;
    await page.getByRole('button', { name: 'Payments' }).click();
    await page
      .getByRole('region', { name: 'Payments that need attention' })
      .getByText(/No payment|Why/)
      .waitFor();
    expect(faults.slice(before)).toEqual([]);
    await gus.close();
  });
});

describe('without a reload', () => {
  it('the operator is told that what was sent is no picture', async () => {
    await ida.page.getByText('It has not come up.').waitFor();
    expect(ida.faults).toEqual([]);
    await ida.close();
  });

  it('an order arrives, each step of it is told, and its points are there', async () => {
    const { page, faults } = ada;
    await untilOrderIs(ada, 'Delivered');
    await page.getByRole('button', { name: 'Notifications, 4 unread' }).click();
    await expect
      .poll(() => page.getByRole('list', { name: 'Latest notifications' }).getByRole('link').allInnerTexts(), patient)
      .toEqual([/arrived/, /way/, /confirmed/, /Welcome/].map((words) => expect.stringMatching(words)));
    await page.keyboard.press('Escape');
    await door(page, 'Profile').click();
    const points = page.getByRole('region', { name: 'Loyalty points' });
    await points.getByText('65', { exact: true }).first().waitFor();
    await points.getByText('Granted').nth(1).waitFor();
    expect(await page.evaluate(() => 'isSamePage' in globalThis)).toBe(true);
    expect(faults).toHaveLength(2);
    await ada.close();
  });
});
