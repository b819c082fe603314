import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { services } from '@millrace/catalog/services.ts';
import type { TestDatabase } from '@millrace/runtime/testing/postgres.ts';
import { createTestDatabase } from '@millrace/runtime/testing/postgres.ts';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { BillOfMaterials } from './bill-of-materials.ts';
import { placed } from './bundle-plugins.ts';
import type { Bundle } from './bundle-service.ts';
import { bundleService, maxEntryBytes, maxTotalBytes } from './bundle-service.ts';
import { imageUser, warmCompileCache } from './compile-cache.ts';

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
    expect((await warmCompileCache(bundle.folder, { user: imageUser })).files).toBeGreaterThan(2);
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

  test('names what it is made of', () => {
    const bill = JSON.parse(readFileSync(join(bundle.folder, 'bundle.cdx.json'), 'utf8')) as BillOfMaterials;
    expect(bill.metadata.component.name).toBe(`@millrace/${service}`);
    const named = new Set(bill.components.map(({ name }) => name));
    const sources = bundle.sources.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
    expect(sources.filter((name) => !named.has(name))).toEqual([]);
    expect(named.has('zod')).toBe(true);
    expect(bill.components.filter(({ licenses }) => licenses === undefined)).toEqual([]);
  });

  test('tells its version without any setting', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['start.js', '--version'], {
      cwd: bundle.folder,
      env: {},
    });
    expect(stdout).toBe(`${service} 0.1.0 on Node ${process.versions.node}\n`);
  });

  test('starts in an empty folder with nothing but Node, and answers', async () => {
    const child = watch(spawn(process.execPath, [join(bundle.folder, 'start.js')], { cwd: folder, env: settings }));
    onTestFinished(() => void child.process.kill('SIGKILL'));
    const answer = await answerOf(child, '/healthz');
    expect({ answer, said: answer === 200 ? '' : child.said() }).toEqual({ answer: 200, said: '' });
  }, 120_000);

  test('runs as the user of the image where nothing can be written, is ready on its own schema, and ends well', {
    timeout: 240_000,
  }, async () => {
    const databases = [await createTestDatabase(), await createTestDatabase()];
    onTestFinished(() => dropAll(databases));
    const before = protect(folder);
    onTestFinished(() => release(folder));
    const env = { ...settings, ...databaseSettings(databases) };
    if (hasDatabase(service)) expect(await runAsImage(bundle, { ...env, MILLRACE_WORKLOAD: 'migrate' })).toBe(0);
    const child = startAsImage(bundle, { ...env, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' });
    onTestFinished(() => void child.process.kill('SIGKILL'));
    const answer = await answerOf(child, '/readyz');
    expect({ answer, said: answer === 200 ? '' : child.said() }).toEqual({ answer: 200, said: '' });
    child.process.kill('SIGTERM');
    expect(await child.ended).toBe(0);
    // The cache that was made beforehand is this user's too.
    if (process.getuid?.() === 0) expect(child.said()).toMatch(/main\.js\.{3}.*success|main\.js was accepted/);
    expect(protect(folder)).toEqual(before);
  });
});

const hasDatabase = (name: string): boolean =>
  services.find((service) => service.name === name)?.database !== undefined;

const databaseSettings = ([own, warehouse]: TestDatabase[]): Record<string, string> => ({
  DATABASE_URL: own?.url ?? '',
  WAREHOUSE_URL: warehouse?.url ?? '',
});

async function dropAll(databases: TestDatabase[]): Promise<void> {
  for (const database of databases) await database.drop();
}

/** As in an image: everybody may read and nobody write. Gives every file with its time and mode, to see a change. */
function protect(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  for (const path of [folder, ...paths]) chmodSync(path, statSync(path).isDirectory() ? 0o555 : 0o444);
  return paths.map((path) => `${path} ${statSync(path).mtimeMs} ${statSync(path).mode}`);
}

/** So that whoever owns it can remove it. */
function release(folder: string): void {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  for (const path of [folder, ...folders]) chmodSync(path, 0o755);
}

/**
 * Runs a bundle as the user of the image. Who runs the tests as root becomes that user in the process itself, because that
 * user may not even reach Node in the checkout; others run it as themselves, and own nothing that may be written either.
 */
function startAsImage(bundle: Bundle, env: Record<string, string>) {
  const script = `
    if (process.getuid() === 0) { process.setgroups([]); process.setgid(${imageUser}); process.setuid(${imageUser}); }
    await import(${JSON.stringify(`file://${bundle.folder}/start.js`)});`;
  return watch(spawn(process.execPath, ['--input-type=module', '--eval', script], { cwd: bundle.folder, env }));
}

/** Keeps what a process says; it has ended when all of that was read. */
function watch(child: ChildProcessWithoutNullStreams) {
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = new Promise<number | null>((done) => child.once('close', done));
  return { process: child, said: () => said, ended };
}

const runAsImage = (bundle: Bundle, env: Record<string, string>): Promise<number | null> =>
  startAsImage(bundle, env).ended;

const nowhere = 'http://127.0.0.1:9';
/** Settings of any service, with addresses where nobody answers: /healthz speaks of the process alone. */
const settings: Record<string, string> = {
  MILLRACE_ENVIRONMENT: 'dev',
  MILLRACE_WORKLOAD: 'api',
  HOST: '127.0.0.1',
  // A free one; the log says which.
  PORT: '0',
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

/** Asks until it is answered 200. @returns that, or what was seen last */
async function answerOf({ process, said }: ReturnType<typeof watch>, path: string): Promise<number | string> {
  const deadline = Date.now() + 90_000;
  let last: number | string = 'no answer';
  while (Date.now() < deadline) {
    if (process.exitCode !== null) return `ended with code ${process.exitCode}`;
    const url = /"url":"([^"]+)"/.exec(said())?.[1];
    const response = url && (await fetch(url + path, { signal: AbortSignal.timeout(5_000) }).catch(() => undefined));
    if (response) last = response.status;
    if (last === 200) return last;
    await new Promise((done) => setTimeout(done, 20));
  }
  return last;
}
