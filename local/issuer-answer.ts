import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problem } from '@millrace/runtime/problem.ts';

const maxBodyBytes = 8_192;

/** Answers with a text. @returns true, as handlers of the gateway do when they answered. */
export function send(
  outgoing: ServerResponse,
  answer: { status: number; headers: Record<string, string>; body: string },
): true {
  outgoing.writeHead(answer.status, {
    'x-content-type-options': 'nosniff',
    ...answer.headers,
    'content-length': Buffer.byteLength(answer.body),
  });
  outgoing.end(answer.body);
  return true;
}

/** Answers with JSON that nobody keeps. */
export function sendJson(outgoing: ServerResponse, value: unknown): true {
  const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
  return send(outgoing, { status: 200, headers, body: JSON.stringify(value) });
}

/** @throws Problem 405 unless the request's method is one of these. */
export function requireMethod(incoming: IncomingMessage, methods: readonly string[]): void {
  if (methods.includes(incoming.method ?? '')) return;
  const allow = methods.join(', ');
  throw new Problem(405, 'method-not-allowed', `This takes ${allow}.`, { headers: { allow } });
}

/** Reads a body of at most 8 KiB as UTF-8. @throws Problem 400 or 413. */
export async function readSmallBody(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBodyBytes) throw new Problem(413, 'content-too-large', `The body may have ${maxBodyBytes} bytes.`);
    parts.push(part);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts));
  } catch (cause) {
    throw new Problem(400, 'invalid-unicode', 'The body is not UTF-8.', { cause });
  }
}
