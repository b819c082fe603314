import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { writeLetter } from './letter.ts';
import type { Mailer } from './mailer.ts';
import { sesMailer } from './ses-mailer.ts';

// Stands in for Amazon SES: the real SDK speaks to it.
interface Asked {
  method: string | undefined;
  path: string | undefined;
  authorization: string | undefined;
  body: Record<string, unknown>;
}
let asked: Asked[] = [];
let answer: (response: ServerResponse) => void;
let server: Server;
let mailer: Mailer;

const letter = writeLetter({
  noticeId: '018f0000-0000-7000-8000-000000000001',
  facts: { kind: 'welcome' },
  orderId: null,
  email: 'ada@example.com',
  name: 'Ada <b>',
});
const say = (status: number, type: string | null, body: unknown) => (response: ServerResponse) => {
  response.writeHead(status, { 'content-type': 'application/json', ...(type && { 'x-amzn-errortype': type }) });
  response.end(JSON.stringify(body));
};

beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  server = createServer((request, response) => void hear(request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});
beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  asked = [];
  const { port } = server.address() as AddressInfo;
  mailer = sesMailer({ region: 'us-east-1', from: 'no-reply@millrace.example', endpoint: `http://127.0.0.1:${port}` });
});
afterEach(() => mailer.close());
afterAll(() => server.close());

async function hear(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
  asked.push({ method: request.method, path: request.url, authorization: request.headers.authorization, body });
  answer(response);
}
const send = () => mailer.send(letter, AbortSignal.timeout(30_000));

test('a letter is one signed SendEmail with both forms, and its key in a header and a tag', async () => {
  answer = say(200, null, { MessageId: 'one' });
  expect(await send()).toEqual({ outcome: 'sent' });
  expect(asked).toHaveLength(1);
  const [{ method, path, authorization, body } = { body: {} } as Asked] = asked;
  expect({ method, path }).toEqual({ method: 'POST', path: '/v2/email/outbound-emails' });
  expect(authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=test\/\d{8}\/us-east-1\/ses\/aws4_request/);
  const utf8 = (Data: string) => ({ Data, Charset: 'UTF-8' });
  expect(body).toEqual({
    FromEmailAddress: 'no-reply@millrace.example',
    Destination: { ToAddresses: ['ada@example.com'] },
    Content: {
      Simple: {
        Subject: utf8('Welcome to Millrace'),
        Body: { Text: utf8(letter.text), Html: utf8(letter.html) },
        Headers: [
          { Name: 'X-Millrace-Notice', Value: letter.noticeId },
          { Name: 'Auto-Submitted', Value: 'auto-generated' },
        ],
      },
    },
    EmailTags: [{ Name: 'notice', Value: letter.noticeId }],
  });
  expect(letter.html).toContain('Hello Ada &lt;b&gt;,');
});

describe('what SES refuses', () => {
  test.each(['MessageRejected', 'BadRequestException'])('%s is for good', async (type) => {
    answer = say(400, type, { message: 'no' });
    expect(await send()).toEqual({ outcome: 'refused', reason: `ses ${type}` });
  });
  test.each([
    [429, 'TooManyRequestsException'],
    [400, 'AccountSuspendedException'],
    [400, 'SendingPausedException'],
    [400, 'MailFromDomainNotVerifiedException'],
    [500, 'InternalFailure'],
  ])('%i %s is not, and the SDK does not repeat it by itself', async (status, type) => {
    answer = say(status, type, { message: 'not now' });
    await expect(send()).rejects.toMatchObject({ name: type });
    expect(asked).toHaveLength(1);
  });
  test('a sender who is not verified is about our account: no mail is lost of it', async () => {
    const message =
      'Email address is not verified. The following identities failed the check in region US-EAST-1: no-reply@millrace.example';
    answer = say(400, 'MessageRejected', { message });
    await expect(send()).rejects.toMatchObject({ name: 'MessageRejected' });
  });
  test('a connection that ends is not', async () => {
    answer = (response) => response.destroy();
    await expect(send()).rejects.toThrow();
  });
});
