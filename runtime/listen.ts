import type { Server as HttpServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Server as TcpServer } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Problem, problemBody } from './problem.ts';
import type { App } from './server.ts';

const maxHeaderBytes = 16_384;
const receiveTimeoutMs = 10_000;
const keepAliveMs = 65_000;
const maxConnections = 4_000;
/** How long open connections may still bring a request after the server began to stop. */
const lingerMs = 1_000;

interface ListenOptions {
  host: string;
  port: number;
  /** How long requests that run may go on after close. */
  drainMs: number;
}

export interface Listening {
  url: string;
  /** Stops accepting, lets running requests end within `drainMs`, then cuts what is left. */
  close(): Promise<void>;
}

/** Serves an app over HTTP/1.1 with limits on headers, slow senders and connections. @throws when the port is taken. */
export async function listen(app: App, options: ListenOptions): Promise<Listening> {
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: {
      maxHeaderSize: maxHeaderBytes,
      headersTimeout: receiveTimeoutMs,
      requestTimeout: receiveTimeoutMs,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: keepAliveMs,
      noDelay: true,
    },
  }) as HttpServer;
  server.maxConnections = maxConnections;
  server.on('clientError', refuseBytes);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, options.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const host = options.host === '0.0.0.0' || options.host === '::' ? '127.0.0.1' : options.host;
  return { url: `http://${host}:${port}`, close: () => drain(server, options.drainMs) };
}

/**
 * Takes no new connection. On those that are open, a request that is on its way is still answered, with `Connection: close`:
 * closing an idle connection at once would lose a request that its other end has just sent.
 */
function drain(server: HttpServer, drainMs: number): Promise<void> {
  return new Promise((resolve) => {
    server.prependListener('request', (_, response) => {
      response.shouldKeepAlive = false;
    });
    const cut = setTimeout(() => server.closeAllConnections(), drainMs);
    let sweep: NodeJS.Timeout | undefined;
    // After what has arrived was read: on a busy machine a request may wait unread on a connection that looks idle.
    const closeIdle = (): void => void setImmediate(() => server.closeIdleConnections());
    const linger = setTimeout(() => {
      closeIdle();
      sweep = setInterval(closeIdle, 50);
    }, lingerMs);
    // HTTP's own close would also close what is idle.
    TcpServer.prototype.close.call(server, () => {
      clearTimeout(cut);
      clearTimeout(linger);
      clearInterval(sweep);
      resolve();
    });
  });
}

const refusals: Record<string, Problem> = {
  HPE_HEADER_OVERFLOW: new Problem(431, 'headers-too-large', `Header fields may have ${maxHeaderBytes} bytes in all.`),
  ERR_HTTP_REQUEST_TIMEOUT: new Problem(
    408,
    'too-slow',
    `A request must arrive within ${receiveTimeoutMs / 1000} seconds.`,
  ),
};

function refuseBytes(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = refusals[error.code ?? ''] ?? new Problem(400, 'malformed-request', 'This is not an HTTP request.');
  const body = problemBody(problem, 'none');
  socket.end(
    `HTTP/1.1 ${problem.status} Refused\r\nContent-Type: application/problem+json; charset=utf-8\r\n` +
      `X-Content-Type-Options: nosniff\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
