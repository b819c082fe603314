import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

/** A page that remembers what went wrong in it: console errors, exceptions, breaches of the content security policy. */
export interface WatchedPage {
  page: Page;
  faults: string[];
  close(): Promise<void>;
}

export async function watchPage(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Vienna', ...options });
  await context.addInitScript(() =>
    document.addEventListener('securitypolicyviolation', (event) =>
      console.error(`policy breach: ${event.violatedDirective} ${event.blockedURI}`),
    ),
  );
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('request', (request) => {
    // Documents are where the person is led to, such as the login; the page itself asks its own server only.
    const isOurs = /^(blob|data):/.test(request.url()) || request.resourceType() === 'document';
    if (!isOurs && new URL(request.url()).hostname !== 'localhost') {
      faults.push(`a request to elsewhere: ${request.url()}`);
    }
  });
  return { page, faults, close: () => context.close() };
}
