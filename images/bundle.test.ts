import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { services } from '@millrace/catalog/services.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { placed } from './bundle-plugins.ts';
import type { Bundle } from './bundle-service.ts';
import { bundleService, maxEntryBytes, maxTotalBytes } from './bundle-service.ts';
import { warmCompileCache } from './compile-cache.ts';

const root = resolve(import.meta.dirname, '..');
const built = services.map(({ name }) => name).filter((name) => existsSync(join(root, 'services', name, 'main.ts')));

test('every service of the catalog is bundled', () => {
  expect(built).toEqual(services.map(({ name }) => name));
});

test('a source finds its files at the same place below the bundle', () => {
  expect(placed(`join(import.meta.dirname, 'migrations')`, 'runtime/migrate.ts')).toBe(
    `join((import.meta.dirname + '/runtime'), 'migrations')`,
  );
  expect(placed(`new URL('./dist', import.meta.url)`, 'services/dashboard/main.ts')).toBe(
    `new URL('./dist', new URL('services/dashboard/main.ts', import.meta.url).href)`,
  );
});

describe.each(built)('the bundle of %s', (service) => {
  let bundle: Bundle;
  let folder: string;

  beforeAll(async () => {
    // Outside of the repository, where no node_modules can be found.
    folder = mkdtempSync(join(tmpdir(), 'millrace-bundle-'));
    bundle = await bundleService({ root, service, folder: join(folder, service) });
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('is small', () => {
    expect(bundle.entryBytes).toBeGreaterThan(10_000);
    expect(bundle.entryBytes).toBeLessThanOrEqual(maxEntryBytes);
    expect(bundle.totalBytes).toBeLessThanOrEqual(maxTotalBytes);
  });

  test('holds nothing of the laptop, of tests or of other services', () => {
    const own = bundle.sources.filter((path) => !path.includes('node_modules') && !path.startsWith('left-out:'));
    const allowed = new RegExp(`^(catalog|runtime|services/${service})/`);
    expect(own.length).toBeGreaterThan(10);
    expect(own.filter((path) => !allowed.test(path) || /\.test\.ts$|\/testing\//.test(path))).toEqual([]);
  });

  test('starts in an empty folder with nothing but Node, and answers', async () => {
    expect((await warmCompileCache(bundle.folder)).files).toBeGreaterThan(2);
    const port = await freePort();
    const child = spawn(process.execPath, [join(bundle.folder, 'start.js')], { cwd: folder, env: settings(port) });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    try {
      const answer = await answerOf(`http://127.0.0.1:${port}/healthz`, () => child.exitCode);
      expect({ answer, said: answer === 200 ? '' : said }).toEqual({ answer: 200, said: '' });
    } finally {
      child.kill('SIGKILL');
    }
  });
});

/** Settings of any service, with addresses where nobody answers: /healthz speaks of the process alone. */
function settings(port: number): Record<string, string> {
  const nowhere = 'http://127.0.0.1:9';
  return {
    MILLRACE_ENVIRONMENT: 'dev',
    MILLRACE_WORKLOAD: 'api',
    HOST: '127.0.0.1',
    PORT: String(port),
    DATABASE_URL: 'postgres://millrace@127.0.0.1:9/none',
    WAREHOUSE_URL: 'postgres://millrace@127.0.0.1:9/none',
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: nowhere,
    EVENT_BUS_NAME: 'dev-millrace',
    ISSUER_URL: nowhere,
    JWKS_URL: `${nowhere}/jwks`,
    CLIENT_IDS: 'dashboard',
    CLIENT_ID: 'dashboard',
    SIGNING_KEY: 'a key of the tests, longer than thirty-two characters',
    WEBHOOK_KEY: 'a key of the tests, longer than thirty-two characters',
    UPLOADS_BUCKET: 'dev-uploads',
    PRODUCTS_BUCKET: 'dev-products',
    PUBLIC_URL: 'http://localhost:8080',
    ANALYTICS_URL: nowhere,
    USER_URL: nowhere,
    PRODUCT_URL: nowhere,
    ORDER_URL: nowhere,
    PAYMENT_URL: nowhere,
    NOTIFICATION_URL: nowhere,
    MAIL_FROM: 'no-reply@millrace.example',
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

async function answerOf(url: string, exitCode: () => number | null): Promise<number | string> {
  const deadline = Date.now() + 10_000;
  while (Date.now() < deadline) {
    if (exitCode() !== null) return `ended with code ${exitCode()}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
    if (response !== undefined) return response.status;
    await new Promise((done) => setTimeout(done, 20));
  }
  return 'no answer within 10 s';
}
