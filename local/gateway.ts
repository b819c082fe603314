import { randomUUID } from 'node:crypto';
import type { ClientRequest, IncomingMessage, Server, ServerResponse } from 'node:http';
import { Agent, createServer, request } from 'node:http';
import type { Socket } from 'node:net';
import { Problem, problemBody } from '@millrace/runtime/problem.ts';
import { requestHeaders, responseHeaders } from './gateway-headers.ts';
import type { GatewayRoute, Target } from './gateway-routes.ts';
import { createRouter } from './gateway-routes.ts';

const maxHeaderBytes = 16_384;
const maxUrlBytes = 8_192;
const maxHeaderCount = 100;
const headersTimeoutMs = 10_000;
/** Longer than a service's own ten seconds, so that the caller gets the service's answer. */
const requestTimeoutMs = 15_000;
const keepAliveMs = 60_000;
const answerTimeoutMs = 30_000;
/** Streams send a heartbeat every 15 seconds. */
const silenceTimeoutMs = 120_000;
/** Below the services' 65 seconds, so that we never write on a connection that they are closing. */
const pooledIdleMs = 30_000;
const maxSockets = 512;
const maxConnections = 4_000;
/** What we still read of a request that was answered before its end, so that the caller sees the answer. */
const lingerBytes = 4 * 1024 * 1024;
const lingerMs = 2_000;

/** Handles what is below `/local/`. @returns false when there is nothing. */
export type LocalHandler = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<boolean>;

interface GatewayOptions {
  routes: readonly GatewayRoute[];
  local?: LocalHandler;
  onFault?: (error: unknown) => void;
}

export interface Gateway {
  /** Listens on every address that the machine has. @throws when the port is taken on one of them. */
  listen(port: number, hosts: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** The one door of the local platform, as the load balancer is in the cloud: routes by path and passes bytes on. */
export function createGateway(options: GatewayOptions): Gateway {
  const findTarget = createRouter(options.routes);
  const agent = new Agent({
    keepAlive: true,
    maxSockets,
    maxFreeSockets: 128,
    timeout: pooledIdleMs,
    scheduling: 'lifo',
  });
  const answer = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const path = pathOf(incoming.url ?? '');
    const target = findTarget(path);
    const refused = checkRequest(incoming);
    if (refused) refuse(incoming, outgoing, refused);
    else if (path.startsWith('/local/')) void answerLocally(incoming, outgoing, options);
    else if (target) passOn({ incoming, outgoing, target, agent });
    else refuse(incoming, outgoing, nothingHere());
  };
  const servers: Server[] = [];
  return {
    listen: async (port, hosts) => {
      for (const host of hosts) servers.push(await listenOn(answer, port, host));
    },
    close: async () => {
      await Promise.all(servers.map(closeServer));
      agent.destroy();
    },
  };
}

async function listenOn(
  answer: (incoming: IncomingMessage, outgoing: ServerResponse) => void,
  port: number,
  host: string,
) {
  const server = createServer(
    {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: keepAliveMs,
      noDelay: true,
    },
    answer,
  );
  server.maxHeadersCount = 0;
  server.maxConnections = maxConnections;
  server.on('clientError', refuseBytes);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen({ port, host, ipv6Only: host.includes(':') }, resolve);
  });
  return server;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 1_000).unref();
  });
}

function pathOf(url: string): string {
  const questionMark = url.indexOf('?');
  return questionMark < 0 ? url : url.slice(0, questionMark);
}

const nothingHere = (): Problem => new Problem(404, 'not-found', 'There is nothing here.');

function checkRequest(incoming: IncomingMessage): Problem | undefined {
  const url = incoming.url ?? '';
  if (url.length > maxUrlBytes) return new Problem(414, 'uri-too-long', `A URL may have ${maxUrlBytes} bytes.`);
  if (!url.startsWith('/'))
    return new Problem(400, 'malformed-request', 'A request names a path that starts with a slash.');
  if (incoming.rawHeaders.length / 2 > maxHeaderCount) {
    return new Problem(431, 'too-many-headers', `A request may have ${maxHeaderCount} header fields.`);
  }
  return undefined;
}

async function answerLocally(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  options: GatewayOptions,
): Promise<void> {
  try {
    if (options.local && (await options.local(incoming, outgoing))) return;
    refuse(incoming, outgoing, nothingHere());
  } catch (error) {
    if (!(error instanceof Problem)) options.onFault?.(error);
    const problem = error instanceof Problem ? error : away('identity issuer', 503);
    if (outgoing.headersSent) outgoing.destroy();
    else refuse(incoming, outgoing, problem);
  }
}

interface Exchange {
  incoming: IncomingMessage;
  outgoing: ServerResponse;
  target: Target;
  agent: Agent;
}

/** Passes a request on and its answer back. Either side's end ends the other. */
function passOn(exchange: Exchange): void {
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
  outbound.once('response', (response) => passBack(exchange, outbound, response));
  outbound.once('error', (error) => failExchange(exchange, outbound, error, hasBody));
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) outbound.destroy();
  });
  if (hasBody) incoming.pipe(outbound);
  else outbound.end();
}

function passBack(exchange: Exchange, outbound: ClientRequest, response: IncomingMessage): void {
  const { incoming, outgoing } = exchange;
  outbound.setTimeout(silenceTimeoutMs);
  const isEarly = !incoming.complete;
  const headers = responseHeaders(response);
  if (isEarly) headers.push('connection', 'close');
  outgoing.writeHead(response.statusCode ?? 502, response.statusMessage, headers);
  if (response.headers['content-length'] === undefined) outgoing.flushHeaders();
  response.once('error', () => outgoing.destroy());
  response.once('close', () => {
    if (!response.complete) outgoing.destroy();
  });
  response.pipe(outgoing, { end: !isEarly });
  if (!isEarly) return;
  incoming.unpipe(outbound);
  response.once('end', () => {
    outbound.destroy();
    linger(incoming, () => outgoing.end());
  });
}

/** Reads and drops the rest of a request, within bounds: closing at once would reset the connection and lose the answer. */
function linger(incoming: IncomingMessage, done: () => void): void {
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
  incoming.unpipe(outbound);
  refuse(incoming, outgoing, away(target.name, status));
}

function away(name: string, status: number): Problem {
  const detail =
    status === 504 ? `${name} took too long to answer.` : `${name} does not answer at the moment. Try again.`;
  const slug = status === 504 ? 'gateway-timeout' : status === 503 ? 'unavailable' : 'bad-gateway';
  return new Problem(status, slug, detail, { headers: { 'retry-after': '1' } });
}

function refuse(incoming: IncomingMessage, outgoing: ServerResponse, problem: Problem): void {
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

const byteProblems: Record<string, Problem> = {
  HPE_HEADER_OVERFLOW: new Problem(431, 'headers-too-large', `Header fields may have ${maxHeaderBytes} bytes in all.`),
  ERR_HTTP_REQUEST_TIMEOUT: new Problem(408, 'too-slow', 'The request did not arrive in time.'),
};

/** What is not HTTP, or comes too slowly, never becomes a request. */
function refuseBytes(error: NodeJS.ErrnoException, socket: Socket & { _httpMessage?: ServerResponse }): void {
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
