import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeLetter } from './letter.ts';
import type { Mailer } from './mailer.ts';
import { smtpMailer } from './smtp-mailer.ts';

// A server that says what the test wants at one command, and yes to everything else.
let server: Server;
let mailer: Mailer;
let answers: Record<string, string | null>;
const sockets = new Set<Socket>();
beforeEach(async () => {
  answers = {};
  server = createServer((socket) => {
    sockets.add(socket);
    let isData = false;
    socket.on('error', () => undefined);
    socket.write('220 here\r\n');
    socket.on('data', (bytes) => {
      for (const line of bytes.toString().split('\r\n').slice(0, -1)) {
        if (isData && line !== '.') continue;
        const command = isData ? '.' : (line.split(/[ :]/)[0]?.toUpperCase() ?? '');
        isData = command === 'DATA';
        const answer = answers[command];
        if (answer === null) continue;
        socket.write(`${answer ?? (isData ? '354 go on' : '250 yes')}\r\n`);
      }
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  mailer = smtpMailer({ url: `smtp://127.0.0.1:${port}`, from: 'no-reply@millrace.example' });
});
afterEach(async () => {
  mailer.close();
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await new Promise((done) => server.close(done));
});

const letter = writeLetter({
  noticeId: '018f0000-0000-7000-8000-000000000001',
  facts: { kind: 'welcome' },
  orderId: null,
  email: 'ada@example.com',
  name: 'Ada',
});
const send = (signal = AbortSignal.timeout(30_000)) => mailer.send(letter, signal);

describe('what a server refuses', () => {
  test.each([
    ['RCPT', '550 no such mailbox', 'smtp 550'],
    ['.', '554 not this text', 'smtp 554'],
  ])('%s %s is about the letter, and for good', async (command, answer, reason) => {
    answers[command] = answer;
    expect(await send()).toEqual({ outcome: 'refused', reason });
  });
  test.each([
    ['EHLO', '550 who are you'],
    ['MAIL', '550 not from this sender'],
    ['MAIL', '530 log in first'],
    ['RCPT', '450 later'],
    ['.', '451 later'],
  ])('%s %s is not: it may be mended or go away', async (command, answer) => {
    answers[command] = answer;
    if (command === 'EHLO') answers['HELO'] = answer;
    await expect(send()).rejects.toThrow();
  });
});

test('a server that says nothing is left when the time is over', async () => {
  answers['.'] = null;
  // The mailer's own limit of silence has another code.
  await expect(send(AbortSignal.timeout(300))).rejects.toMatchObject({ code: 'EABORT' });
  answers = {};
  expect(await send()).toEqual({ outcome: 'sent' });
});
