import type { Agent, ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { request } from 'node:http';
import { Problem } from '@millrace/runtime/problem.ts';
import { requestHeaders, responseHeaders } from './gateway-headers.ts';
import { linger, refuse } from './gateway-refusal.ts';
import type { Target } from './gateway-routes.ts';

const answerTimeoutMs = 30_000;
/** Streams send a heartbeat every 15 seconds. */
const silenceTimeoutMs = 120_000;
/** A process that is starting again is tried so often, for so many requests at once. In the cloud another replica answers. */
const restartPauseMs = 25;
const maxWaiting = 2_000;
let waiting = 0;

export interface Exchange {
  /** Until when a process that does not listen is tried again, on the clock of `performance.now()`. */
  patientUntil: number;
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
  let stopFeeding: (() => void) | undefined;
  let isSent = false;
  // Not before there is a connection: a process that is starting again refuses, and the body must still be whole then.
  whenConnected(outbound, () => {
    isSent = true;
    if (hasBody) stopFeeding = feed(incoming, outbound);
    else outbound.end();
  });
  outbound.once('response', (response) => {
    if (!incoming.complete) stopFeeding?.();
    passBack(exchange, outbound, response);
  });
  outbound.once('error', (error) => {
    stopFeeding?.();
    failExchange(exchange, outbound, error, { isSent, hasSentBody: stopFeeding !== undefined });
  });
  const onGone = (): void => {
    if (!outgoing.writableFinished) outbound.destroy();
  };
  outgoing.once('close', onGone);
  outbound.once('close', () => outgoing.off('close', onGone));
}

/** What the other end of a pooled connection said meanwhile is read first: on one that it has closed, nothing is sent. */
function whenConnected(outbound: ClientRequest, begin: () => void): void {
  let isOver = false;
  outbound.once('error', () => (isOver = true));
  outbound.once('socket', (socket) => {
    if (socket.connecting) socket.once('connect', begin);
    else setImmediate(() => isOver || outbound.destroyed || begin());
  });
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
  sent: { isSent: boolean; hasSentBody: boolean },
): void {
  const { incoming, outgoing, target } = exchange;
  if (outgoing.headersSent || outgoing.destroyed) {
    outgoing.destroy();
    return;
  }
  if (error.code === 'ECONNREFUSED' && waitForRestart(exchange)) return;
  const isIdle = outbound.reusedSocket && error.code === 'ECONNRESET';
  // A pooled connection that closed just now: what was not sent goes again on another one, and so does what only reads.
  if (isIdle && (!sent.isSent || (!sent.hasSentBody && incoming.method === 'GET'))) {
    passOn(exchange);
    return;
  }
  const status = error.name === 'TimeoutError' ? 504 : error.code === 'ECONNREFUSED' ? 503 : 502;
  refuse(incoming, outgoing, away(target.name, status));
}

/** Tries again soon while the process may be starting again. @returns false when it took too long or too many wait. */
function waitForRestart(exchange: Exchange): boolean {
  if (performance.now() >= exchange.patientUntil || waiting >= maxWaiting) return false;
  waiting += 1;
  setTimeout(() => {
    waiting -= 1;
    if (!exchange.outgoing.destroyed) passOn(exchange);
  }, restartPauseMs);
  return true;
}

export function away(name: string, status: number): Problem {
  const detail =
    status === 504 ? `${name} took too long to answer.` : `${name} does not answer at the moment. Try again.`;
  const slug = status === 504 ? 'gateway-timeout' : status === 503 ? 'unavailable' : 'bad-gateway';
  return new Problem(status, slug, detail, { headers: { 'retry-after': '1' } });
}
