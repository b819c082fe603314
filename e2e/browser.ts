import chromium from '@sparticuz/chromium';
import type { Browser } from 'playwright-core';
import { chromium as playwright } from 'playwright-core';

/**
 * Starts a headless Chromium from npm. Not with that package's own arguments: they turn off the same-origin policy,
 * which is part of what tests prove.
 */
export async function openBrowser(): Promise<Browser> {
  return playwright.launch({
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
    executablePath: await chromium.executablePath(),
    headless: true,
  });
}
