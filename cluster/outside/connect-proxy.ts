import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Certificate } from './certificate.ts';
import type { Listener } from './listener.ts';
import { listenOn } from './listener.ts';

const maxConnections = 256;
const maxHosts = 100;
const hostChars = 255;
const headersDeadlineMs = 10_000;
const idleMs = 120_000;

interface ConnectProxyOptions {
  port: number;
  certificate: Certificate;
  /** Who answers for a host: the proxy ends TLS itself, so it sees requests, not bytes. */
  hosts: ReadonlyMap<string, RequestListener>;
  /** How often each host was asked for and refused, kept for at most 100 of them. */
  refused: Map<string, number>;
  note: (line: string) => void;
}

/** An HTTP proxy on 127.0.0.1 behind which the world consists of a few hosts. Every other one is refused with 502. */
export async function startConnectProxy(options: ConnectProxyOptions): Promise<Listener> {
  const { certificate, hosts, refused, note } = options;
  const inside = createTlsServer(
    { cert: certificate.certificate, key: certificate.key, minVersion: 'TLSv1.2', requestTimeout: 0 },
    (request, response) => {
      const answer = hosts.get(hostOf(request.headers.host ?? ''));
      if (answer !== undefined) return answer(request, response);
      response.writeHead(421, { 'Content-Type': 'text/plain' }).end('Nobody of this name is here.\n');
    },
  );
  inside.headersTimeout = headersDeadlineMs;
  // A client that does not trust the certificate hangs up during the handshake: it knows why, and says so itself.
  inside.on('tlsClientError', (error) =>
    note(`a client broke off: ${(error as { reason?: string }).reason ?? error.message}`),
  );
  const refuse = (target: string): string => {
    const host = target.slice(0, hostChars);
    if (refused.has(host) || refused.size < maxHosts) refused.set(host, (refused.get(host) ?? 0) + 1);
    const sentence = `${host} is not part of the local outside world (${[...hosts.keys()].join(', ')})`;
    note(`refused: ${sentence}`);
    return `${sentence}\n`;
  };
  // What comes without CONNECT is plain HTTP for somewhere else: there is nothing that speaks it.
  const outer = createServer((request, response) => {
    response.writeHead(502, { 'Content-Type': 'text/plain' }).end(refuse(request.url ?? ''));
  });
  outer.headersTimeout = headersDeadlineMs;
  outer.maxConnections = maxConnections;
  outer.on('connect', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const target = request.url ?? '';
    if (!hosts.has(hostOf(target)) || !target.endsWith(':443')) {
      const text = refuse(target);
      socket.end(`HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n${text}`);
      return;
    }
    if ('setTimeout' in socket && typeof socket.setTimeout === 'function') {
      socket.setTimeout(idleMs, () => socket.destroy());
    }
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    if (head.length > 0) socket.unshift(head);
    inside.emit('connection', socket);
  });
  return listenOn(outer, { port: options.port, alsoEnds: inside });
}

/** `Git.Example:443` → `git.example` */
const hostOf = (target: string): string => target.replace(/:\d+$/, '').toLowerCase();
