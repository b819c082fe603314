import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Problem, problemBody } from '@millrace/runtime/problem.ts';

/** What we still read of a request that was answered before its end, so that the caller sees the answer. */
const lingerBytes = 4 * 1024 * 1024;
const lingerMs = 2_000;

export const maxHeaderBytes = 16_384;

/** Answers with a problem. A caller that is still sending gets to see it. */
export function refuse(incoming: IncomingMessage, outgoing: ServerResponse, problem: Problem): void {
  const requestId = randomUUID();
  const body = problemBody(problem, requestId);
  const isEarly = !incoming.complete;
  outgoing.writeHead(problem.status, {
    'content-type': 'application/problem+json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': requestId,
    ...problem.headers,
    ...(isEarly && { connection: 'close' }),
  });
  if (incoming.method !== 'HEAD') outgoing.write(body);
  if (isEarly) linger(incoming, () => outgoing.end());
  else outgoing.end();
}

/** Reads and drops the rest of a request, within bounds: closing at once would reset the connection and lose the answer. */
export function linger(incoming: IncomingMessage, done: () => void): void {
  let left = lingerBytes;
  const timer = setTimeout(finish, lingerMs);
  function finish(): void {
    clearTimeout(timer);
    incoming.off('data', count).off('end', finish).off('close', finish);
    done();
  }
  function count(chunk: Buffer): void {
    left -= chunk.length;
    if (left < 0) finish();
  }
  if (incoming.complete || incoming.destroyed) finish();
  else incoming.on('data', count).once('end', finish).once('close', finish).resume();
}

const byteProblems: Record<string, Problem> = {
  HPE_HEADER_OVERFLOW: new Problem(431, 'headers-too-large', `Header fields may have ${maxHeaderBytes} bytes in all.`),
  ERR_HTTP_REQUEST_TIMEOUT: new Problem(408, 'too-slow', 'The request did not arrive in time.'),
};

/** What is not HTTP, or comes too slowly, never becomes a request. */
export function refuseBytes(error: NodeJS.ErrnoException, socket: Socket & { _httpMessage?: ServerResponse }): void {
  if (error.code === 'ECONNRESET' || !socket.writable || socket._httpMessage?.headersSent) {
    socket.destroy();
    return;
  }
  const problem =
    byteProblems[error.code ?? ''] ?? new Problem(400, 'malformed-request', 'This is not an HTTP request.');
  const body = problemBody(problem, randomUUID());
  socket.end(
    `HTTP/1.1 ${problem.status} Refused\r\nContent-Type: application/problem+json; charset=utf-8\r\n` +
      `X-Content-Type-Options: nosniff\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
