import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Call } from './stand-in-call.ts';
import { Refusal, readJson, sendJson } from './stand-in-call.ts';
import type { Shop } from './stand-in-shop.ts';

const types = ['image/png', 'image/jpeg', 'image/webp'];
const grantMs = 5 * 60_000;

/** Answers as a service does that hands out a presigned POST. */
export async function grantUpload(
  shop: Shop,
  call: Call,
  options: { maxBytes: number; onGranted?(): void; onStored(url: string): void },
): Promise<void> {
  const { contentType, sizeBytes } = await readJson<{ contentType: string; sizeBytes: number }>(call.request);
  if (!types.includes(contentType)) {
    throw new Refusal(415, 'unsupported-image', 'Pictures are PNG, JPEG or WebP.');
  }
  if (sizeBytes > options.maxBytes) {
    throw new Refusal(413, 'too-large', `A picture may have ${options.maxBytes / 1024 / 1024} MiB.`);
  }
  const key = randomUUID();
  shop.grants.set(key, options.onStored);
  options.onGranted?.();
  sendJson(
    call.answer,
    {
      url: `${shop.url()}/bucket`,
      fields: { key, 'Content-Type': contentType, policy: 'cG9saWN5', 'x-amz-signature': 'signed' },
      expiresAt: new Date(shop.now() + grantMs).toISOString(),
      maxBytes: options.maxBytes,
    },
    { status: 201 },
  );
}

/** The bucket: takes a form as S3 does, and gives pictures back. @returns whether the request was for it. */
export async function answerBucket(shop: Shop, request: IncomingMessage, answer: ServerResponse): Promise<boolean> {
  const path = new URL(request.url ?? '/', 'http://stand-in.invalid').pathname;
  if (!path.startsWith('/bucket')) return false;
  const { origin } = request.headers;
  if (origin) answer.setHeader('access-control-allow-origin', origin);
  if (request.method === 'OPTIONS') {
    answer.writeHead(200, { 'access-control-allow-methods': 'POST', 'access-control-allow-headers': '*' }).end();
    return true;
  }
  if (request.method === 'POST') {
    await keep(shop, request, answer);
    return true;
  }
  const picture = shop.pictures.get(path.replace('/bucket/', ''));
  if (picture) answer.writeHead(200, { 'content-type': picture.type }).end(picture.bytes);
  else answer.writeHead(404).end();
  return true;
}

async function keep(shop: Shop, request: IncomingMessage, answer: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const headers = { 'content-type': request.headers['content-type'] ?? '' };
  const form = await new Response(Buffer.concat(chunks), { headers }).formData();
  const key = String(form.get('key'));
  const onStored = shop.grants.get(key);
  const file = form.get('file');
  if (!onStored || !(file instanceof File)) {
    answer.writeHead(403, { 'content-type': 'application/xml' });
    answer.end('<Error><Code>AccessDenied</Code><Message>Invalid according to Policy</Message></Error>');
    return;
  }
  shop.pictures.set(key, { type: file.type, bytes: Buffer.from(await file.arrayBuffer()) });
  answer.writeHead(204).end();
  // The service hears of it a moment later, as from S3.
  setTimeout(() => onStored(`${shop.url()}/bucket/${key}`), shop.stepMs).unref();
}
