import chromium from '@sparticuz/chromium';
import { chromium as pw } from 'playwright-core';
import { withPlatform } from '@millrace/local/testing.ts';
await withPlatform({}, async (p) => {
  const { gateway } = await p.endpoints();
  const browser = await pw.launch({ executablePath: await chromium.executablePath(), args: chromium.args, headless: true });
  for (const [name, colorScheme, width] of [['light','light',1200],['dark','dark',390]] as const) {
    const ctx = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
    const page = await ctx.newPage();
    page.on('console', (m) => console.log('console', m.type(), m.text()));
    page.on('response', (r) => { if (r.status() >= 300) console.log(r.status(), r.url().slice(0, 120)); });
    await page.goto(gateway + '/session/login');
    await page.screenshot({ path: `/tmp/shot/login-${name}.png` });
    await page.getByRole('button', { name: /Continue as Local/ }).click();
    await page.waitForTimeout(2500);
    console.log(page.url());
    await page.screenshot({ path: `/tmp/shot/after-${name}.png` });
    const r = await page.evaluate(() => fetch('/session').then((x) => x.text()));
    console.log(r);
    await page.goto(gateway + '/local/oidc/logout?client_id=millrace-dashboard&post_logout_redirect_uri=' + encodeURIComponent(gateway + '/'));
    await page.screenshot({ path: `/tmp/shot/logout-${name}.png` });
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.waitForTimeout(500);
    console.log(page.url());
  }
  await browser.close();
});
