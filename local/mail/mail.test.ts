import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '@millrace/runtime/log.ts';
import { waitFor } from '@millrace/runtime/testing/wait.ts';
import { createTransport } from 'nodemailer';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MailServer } from './mail-server.ts';
import { startMailServer } from './mail-server.ts';
import { openMailStore } from './mail-store.ts';

let folder: string;
let server: MailServer;
const log = createLog({ name: 'test', level: 'fatal' });
const start = (): Promise<MailServer> => startMailServer({ host: '127.0.0.1', smtpPort: 0, port: 0, folder, log });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-mail-'));
  server = await start();
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

interface Item {
  id: string;
  to: string[];
  subject: string;
  messageId: string;
}

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(server.url + path, { headers });
async function list(query = ''): Promise<Item[]> {
  const response = await get(`/local/mail/api/messages${query}`);
  return ((await response.json()) as { items: Item[] }).items;
}
const fault = (kind: string, count: number): Promise<Response> =>
  fetch(`${server.url}/local/mail/api/faults`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ kind, count }),
  });

async function send(more: Record<string, unknown> = {}): Promise<string> {
  const transport = createTransport(server.smtpUrl);
  const message = { from: 'shop@millrace.example', to: 'ada@example.com', subject: 'Hello', text: 'Hi' };
  try {
    await transport.sendMail({ ...message, ...more });
    return 'sent';
  } catch (error) {
    return `${(error as { responseCode?: number }).responseCode ?? (error as { code?: string }).code}`;
  }
}

test('a mail that was sent is listed, by recipient too, and read with its header, text and HTML', async () => {
  expect(await send({ messageId: '<1@x>', html: '<p>Hi</p>', headers: { 'X-Key': 'k' } })).toBe('sent');
  expect(await send({ to: ['Bob@example.com', 'eve@example.com'], subject: 'Grüße 🎁' })).toBe('sent');
  expect((await list()).map(({ subject }) => subject)).toEqual(['Grüße 🎁', 'Hello']);
  expect((await list('?to=bob@example.com')).map(({ to }) => to)).toEqual([['Bob@example.com', 'eve@example.com']]);
  const [first] = await list('?to=ada%40example.com');
  const mail = (await (await get(`/local/mail/api/messages/${first?.id}`)).json()) as Record<string, unknown>;
  expect(mail).toMatchObject({ from: 'shop@millrace.example', messageId: '<1@x>', text: 'Hi\n', html: '<p>Hi</p>\n' });
  expect(mail['headers']).toContainEqual({ name: 'X-Key', value: 'k' });
  expect(await (await get(`/local/mail/messages/${first?.id}/raw`)).text()).toContain('X-Key: k\r\n');
});

test('what it answered 250 to is there after a restart; what a kill left half-written is not', async () => {
  for (const subject of ['one', 'two', 'three']) await send({ subject });
  await server.close();
  await writeFile(join(folder, '01890000-0000-7000-8000-000000000000.mail.part'), '{"id":');
  await writeFile(join(folder, '01890000-0000-7000-8000-000000000001.mail'), 'damaged');
  server = await start();
  expect((await list()).map(({ subject }) => subject)).toEqual(['three', 'two', 'one']);
  expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
});

test('the newest thousand are kept, here the newest three', async () => {
  const own = await mkdtemp(join(tmpdir(), 'millrace-mail-'));
  const raw = (subject: number): Buffer => Buffer.from(`Subject: ${subject}\r\n\r\n`);
  const open = (maxMails: number) => openMailStore(own, { maxMails, now: () => new Date() });
  const store = await open(3);
  for (const subject of [1, 2, 3, 4, 5]) await store.add({ from: 'a@x', to: ['b@x'] }, raw(subject));
  const subjects = (of: typeof store): string[] => of.list({ limit: 9 }).map(({ subject }) => subject);
  expect(subjects(store)).toEqual(['5', '4', '3']);
  expect(await readdir(own)).toHaveLength(3);
  expect(subjects(await open(2))).toEqual(['5', '4']);
  expect(await readdir(own)).toHaveLength(2);
  // Somebody emptied the folder, or a newer mail took the place of this one in the same moment.
  const [gone] = store.list({ limit: 1 });
  await rm(own, { recursive: true });
  expect(await store.find(gone?.id ?? '')).toBeUndefined();
});

describe('faults, as often as they were asked for', () => {
  test('reject: 550, and nothing is kept', async () => {
    await fault('reject', 2);
    expect([await send(), await send(), await send()]).toEqual(['550', '550', 'sent']);
    expect(await list()).toHaveLength(1);
  });
  test('temporary: 451, and nothing is kept', async () => {
    await fault('temporary', 1);
    expect([await send(), await send()]).toEqual(['451', 'sent']);
    expect(await list()).toHaveLength(1);
  });
  test('drop-after-data: the mail is kept and the sender does not know', async () => {
    await fault('drop-after-data', 1);
    expect(await send()).not.toBe('sent');
    expect(await send()).toBe('sent');
    expect(await list()).toHaveLength(2);
    expect(await (await get('/local/mail/api/faults')).json()).toEqual({
      reject: 0,
      temporary: 0,
      'drop-after-data': 0,
    });
  });
  test('another kind, a negative count and another field are refused', async () => {
    expect((await fault('explode', 1)).status).toBe(422);
    expect((await fault('reject', -1)).status).toBe(422);
    expect((await get('/local/mail/api/messages?colour=red')).status).toBe(400);
  });
});

test('a mail over 1 MiB and one to 51 people are refused, and the next one is taken', async () => {
  const many = Array.from({ length: 51 }, (_, place) => `p${place}@example.com`);
  expect(await send({ text: 'x'.repeat(1_100_000) })).toBe('552');
  expect(await send({ to: many })).not.toBe('');
  expect(await list()).toHaveLength(1);
  expect((await list())[0]?.to).toHaveLength(50);
  expect(await send()).toBe('sent');
});

describe('the page', () => {
  test('shows foreign words as words, and the HTML of a mail only in a frame that may do nothing', async () => {
    const evil = '<img src=x onerror=alert(1)>';
    await send({ subject: evil, text: evil, html: `<script>alert(1)</script>${evil}` });
    const [mail] = await list();
    const pages = await Promise.all(['', `/messages/${mail?.id}`].map((path) => get(`/local/mail${path}`)));
    for (const page of pages) {
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; style-src 'self'");
      const text = await page.text();
      expect(text).toContain('&lt;img src=x onerror=alert(1)&gt;');
      expect(text).not.toContain('<img');
      expect(text).not.toContain('<script');
    }
    const frame = await get(`/local/mail/messages/${mail?.id}/html`);
    expect(frame.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none';/);
    expect(await frame.text()).toContain('<script>');
  });
  test('says so when there is no mail, and turns pages when there are many', async () => {
    expect(await (await get('/local/mail')).text()).toContain('No mail was sent yet');
    for (let count = 0; count < 51; count += 1) await send({ subject: `mail ${count}` });
    const first = await (await get('/local/mail')).text();
    expect(first).toContain('mail 50');
    expect(first).not.toContain('mail 0<');
    const older = /href="(\/local\/mail\?before=[^"]+)"/.exec(first)?.[1] ?? '';
    expect(await (await get(older)).text()).toContain('mail 0<');
  });
  test('answers 404 for a mail that is not there and for a name that is not this machine', async () => {
    const nobody = '01890000-0000-7000-8000-000000000000';
    expect((await get(`/local/mail/messages/${nobody}`)).status).toBe(404);
    expect((await get('/local/mail/messages/..%2f..%2fetc')).status).toBe(404);
    expect(await statusFor('evil.example')).toBe(404);
    expect(await statusFor('localhost:8080')).toBe(200);
  });
});

/** fetch does not let anybody choose the Host. */
async function statusFor(host: string): Promise<number> {
  const { port } = new URL(server.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.end(`GET /local/mail HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
  const chunks: Buffer[] = [];
  for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk);
  return Number(/^HTTP\/1\.1 (\d+)/.exec(Buffer.concat(chunks).toString())?.[1]);
}

describe('the process', () => {
  const run = (env: Record<string, string>) =>
    spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
      env: { PATH: process.env['PATH'], PORT: '0', MAIL_SMTP_PORT: '0', MAIL_FOLDER: folder, ...env } as Record<
        string,
        string
      >,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const errorOf = async (child: ReturnType<typeof run>): Promise<{ code: number; error: string }> => {
    let error = '';
    child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    return { code, error };
  };
  test('loses no mail that it acknowledged when it is killed', async () => {
    let out = '';
    const child = run({});
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    const smtpUrl = await waitFor(() => /"smtpUrl":"([^"]+)"/.exec(out)?.[1]);
    const own = server;
    server = { ...own, smtpUrl: smtpUrl ?? '' };
    const ended = once(child, 'exit');
    const sent: string[] = [];
    const senders = Array.from({ length: 4 }, async (_, sender) => {
      for (let count = 0; count < 200; count += 1) {
        const subject = `${sender}-${count}`;
        if ((await send({ subject })) !== 'sent') return;
        sent.push(subject);
        if (sent.length === 40) child.kill('SIGKILL');
      }
    });
    await Promise.all([...senders, ended]);
    await own.close();
    server = await start();
    const kept = (await list('?limit=1000')).map(({ subject }) => subject);
    expect(sent.length).toBeGreaterThanOrEqual(40);
    expect(sent.filter((subject) => !kept.includes(subject))).toEqual([]);
  });
  test('says in one line which port is taken, and which setting is wrong', async () => {
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
    const port = String((taken.address() as AddressInfo).port);
    expect(await errorOf(run({ MAIL_SMTP_PORT: port }))).toEqual({
      code: 5,
      error: `could not start: port ${port} is taken by another process\n`,
    });
    expect(await errorOf(run({ PORT: port }))).toMatchObject({ code: 5 });
    expect(await errorOf(run({ PORT: 'x' }))).toMatchObject({
      code: 5,
      error: expect.stringMatching(/^mail: PORT.*\n$/),
    });
    taken.close();
  });
});
