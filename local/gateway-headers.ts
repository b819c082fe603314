import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Headers that concern one connection, not the message. Source: RFC 9110, 7.6.1. */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** What only the gateway may say: a caller's own are dropped, not passed on. */
const ours = new Set([
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'x-request-id',
  'expect',
]);
const requestIdForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * The headers of a request for the service: a flat list, repeated fields kept, our hop appended to X-Forwarded-For.
 * @returns nothing when there is not exactly one Host.
 */
export function requestHeaders(incoming: IncomingMessage): string[] | undefined {
  const raw = incoming.rawHeaders;
  const named = namedByConnection(incoming);
  const headers: string[] = [];
  let hosts = 0;
  let forwardedFor = '';
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const value = raw[index + 1] ?? '';
    const lower = name.toLowerCase();
    if (lower === 'host') hosts += 1;
    if (lower === 'x-forwarded-for') forwardedFor += `${value}, `;
    if (hopByHop.has(lower) || ours.has(lower) || named?.has(lower)) continue;
    headers.push(name, value);
  }
  if (hosts !== 1) return undefined;
  const peer = incoming.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '127.0.0.1';
  const requestId = incoming.headers['x-request-id'];
  const keptId = typeof requestId === 'string' && requestIdForm.test(requestId) ? requestId : randomUUID();
  headers.push('x-forwarded-for', forwardedFor + peer, 'x-forwarded-proto', 'http', 'x-request-id', keptId);
  if (incoming.headers['transfer-encoding'] !== undefined) headers.push('transfer-encoding', 'chunked');
  headers.push('connection', 'keep-alive');
  return headers;
}

/** The headers of a service's answer for the caller. */
export function responseHeaders(response: IncomingMessage): string[] {
  const raw = response.rawHeaders;
  const named = namedByConnection(response);
  const headers: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const lower = name.toLowerCase();
    if (hopByHop.has(lower) || named?.has(lower)) continue;
    headers.push(name, raw[index + 1] ?? '');
  }
  return headers;
}

/** The fields that the Connection header names belong to this connection too; most messages name none. */
function namedByConnection(message: IncomingMessage): Set<string> | undefined {
  const value = message.headers.connection;
  if (!value || value === 'keep-alive' || value === 'close') return undefined;
  return new Set(
    value
      .toLowerCase()
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== 'host'),
  );
}
