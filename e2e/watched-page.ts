import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

const stepMs = 60_000;

/** A page that remembers what went wrong in it: console errors, exceptions, breaches of the content security policy. */
export interface WatchedPage {
  page: Page;
  faults: string[];
  close(): Promise<void>;
}

/**
 * Opens a page, and watches it and those that it opens. `bucket` is the origin that pictures are sent to and shown from;
 * nothing else may be asked of it.
 */
export async function watchPage(
  browser: Browser,
  { bucket, ...options }: BrowserContextOptions & { bucket?: string } = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ locale: 'en-GB', timezoneId: 'Europe/Vienna', ...options });
  await context.addInitScript(() =>
    document.addEventListener('securitypolicyviolation', (event) =>
      console.error(`policy breach: ${event.violatedDirective} ${event.blockedURI}`),
    ),
  );
  // Not Playwright's 30 seconds: a busy machine is slow, and nothing here is about speed.
  context.setDefaultTimeout(stepMs);
  const faults: string[] = [];
  context.on('weberror', (error) => faults.push(error.error().message));
  context.on('console', (message) => {
    if (message.type() !== 'error') return;
    const { url } = message.location();
    faults.push(`${message.text()} ${URL.canParse(url) ? new URL(url).pathname : url}`.trim());
  });
  context.on('request', (request) => {
    // Documents are where the person is led to, such as the login; the page itself asks its own server only.
    const isOurs = /^(blob|data):/.test(request.url()) || request.resourceType() === 'document';
    const { hostname, origin } = new URL(request.url());
    const isPicture = origin === bucket && (request.method() === 'POST' || request.resourceType() === 'image');
    if (!isOurs && !isPicture && hostname !== 'localhost') faults.push(`a request to elsewhere: ${request.url()}`);
  });
  return { page: await context.newPage(), faults, close: () => context.close() };
}
