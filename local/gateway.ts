import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Agent, createServer } from 'node:http';
import { Problem } from '@millrace/runtime/problem.ts';
import { away, passOn } from './gateway-forward.ts';
import { maxHeaderBytes, refuse, refuseBytes } from './gateway-refusal.ts';
import type { GatewayRoute } from './gateway-routes.ts';
import { createRouter } from './gateway-routes.ts';

const maxUrlBytes = 8_192;
const maxHeaderCount = 100;
const headersTimeoutMs = 10_000;
/** Longer than a service's own ten seconds, so that the caller gets the service's answer. */
const requestTimeoutMs = 15_000;
const keepAliveMs = 60_000;
/** Below the services' 65 seconds, so that we never write on a connection that they are closing. */
const pooledIdleMs = 30_000;
const maxSockets = 512;
const maxConnections = 4_000;
const defaultRestartMs = 10_000;

/** Handles what is below `/local/` and has no route. @returns false when there is nothing. */
export type LocalHandler = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<boolean>;

interface GatewayOptions {
  routes: readonly GatewayRoute[];
  local?: LocalHandler;
  /** How long a request waits for a process that is starting again; 10 seconds. */
  restartMs?: number;
  onFault?: (error: unknown) => void;
}

export interface Gateway {
  /** Listens on every address that the machine has. @throws when the port is taken on one of them. */
  listen(port: number, hosts: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** The one door of the local platform, as the load balancer is in the cloud: routes by path and passes bytes on. */
export function createGateway(options: GatewayOptions): Gateway {
  const { restartMs = defaultRestartMs } = options;
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
    else if (target) passOn({ incoming, outgoing, target, agent, patientUntil: performance.now() + restartMs });
    else if (path.startsWith('/local/')) void answerLocally(incoming, outgoing, options);
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
