import type { Agent, ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { request } from 'node:http';
import { Problem } from '@millrace/runtime/problem.ts';
import { requestHeaders, responseHeaders } from './gateway-headers.ts';
import { linger, refuse } from './gateway-refusal.ts';
import type { Target } from './gateway-routes.ts';

const answerTimeoutMs = 30_000;
/** Streams send a heartbeat every 15 seconds. */
const silenceTimeoutMs = 120_000;

export interface Exchange {
  incoming: IncomingMessage;
  outgoing: ServerResponse;
  target: Target;
  agent: Agent;
}

/** Passes a request on and its answer back. Either side's end ends the other. */
export function passOn(exchange: Exchange): void {
  const { incoming, outgoing, target, agent } = exchange;
  const headers = requestHeaders(incoming);
  if (!headers) {
    refuse(incoming, outgoing, new Problem(400, 'malformed-request', 'A request has one Host header.'));
    return;
  }
  const hasBody =
    incoming.headers['content-length'] !== undefined || incoming.headers['transfer-encoding'] !== undefined;
  const outbound = request({
    agent,
    host: target.host,
    port: target.port,
    method: incoming.method ?? 'GET',
    path: incoming.url ?? '/',
    headers: headers as unknown as readonly string[],
    setDefaultHeaders: false,
  });
  outbound.setTimeout(answerTimeoutMs, () => outbound.destroy(new DOMException('no answer in time', 'TimeoutError')));
  const stopFeeding = hasBody ? feed(incoming, outbound) : undefined;
  outbound.once('response', (response) => {
    if (!incoming.complete) stopFeeding?.();
    passBack(exchange, outbound, response);
  });
  outbound.once('error', (error) => {
    stopFeeding?.();
    failExchange(exchange, outbound, error, hasBody);
  });
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) outbound.destroy();
  });
  if (!hasBody) outbound.end();
}

/**
 * Passes a body on. After the first piece it looks at what the service said before it writes the next one: a service
 * that refuses answers and closes, and the second write on a closed connection would lose that answer.
 * @returns what stops it; the rest of the body is then dropped
 */
function feed(incoming: IncomingMessage, outbound: ClientRequest): () => void {
  let isFirst = true;
  const goOn = (): void => void setImmediate(() => incoming.resume());
  const onData = (piece: Buffer): void => {
    const hasRoom = outbound.write(piece);
    const mayFlow = isFirst && hasRoom;
    isFirst = false;
    if (mayFlow) return;
    incoming.pause();
    if (hasRoom) goOn();
    else outbound.once('drain', goOn);
  };
  const onEnd = (): void => void outbound.end();
  incoming.on('data', onData).once('end', onEnd);
  return () => {
    incoming.off('data', onData).off('end', onEnd).resume();
  };
}

function passBack(exchange: Exchange, outbound: ClientRequest, response: IncomingMessage): void {
  const { incoming, outgoing } = exchange;
  outbound.setTimeout(silenceTimeoutMs);
  const isEarly = !incoming.complete;
  const headers = responseHeaders(response);
  if (isEarly || response.statusCode === 413) headers.push('connection', 'close');
  outgoing.writeHead(response.statusCode ?? 502, response.statusMessage, headers);
  if (response.headers['content-length'] === undefined) outgoing.flushHeaders();
  response.once('error', () => outgoing.destroy());
  response.once('close', () => {
    if (!response.complete) outgoing.destroy();
  });
  response.pipe(outgoing, { end: !isEarly });
  if (!isEarly) return;
  response.once('end', () => {
    outbound.destroy();
    linger(incoming, () => outgoing.end());
  });
}

/** The request did not reach the service, or its answer did not arrive. */
function failExchange(
  exchange: Exchange,
  outbound: ClientRequest,
  error: NodeJS.ErrnoException,
  hasBody: boolean,
): void {
  const { incoming, outgoing, target } = exchange;
  if (outgoing.headersSent || outgoing.destroyed) {
    outgoing.destroy();
    return;
  }
  const isIdle = outbound.reusedSocket && error.code === 'ECONNRESET';
  // A pooled connection that closed just now: nothing was read, so a request without a body goes again, on another one.
  if (isIdle && !hasBody && incoming.method === 'GET') {
    passOn(exchange);
    return;
  }
  const status = error.name === 'TimeoutError' ? 504 : error.code === 'ECONNREFUSED' ? 503 : 502;
  refuse(incoming, outgoing, away(target.name, status));
}

export function away(name: string, status: number): Problem {
  const detail =
    status === 504 ? `${name} took too long to answer.` : `${name} does not answer at the moment. Try again.`;
  const slug = status === 504 ? 'gateway-timeout' : status === 503 ? 'unavailable' : 'bad-gateway';
  return new Problem(status, slug, detail, { headers: { 'retry-after': '1' } });
}
