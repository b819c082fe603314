import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** A TCP link that a test can make slow, silent or broken. */
export interface TcpProxy {
  port: number;
  /** Added to every answer, in milliseconds: 3 makes a local database as far as one in the next zone. */
  delayMs: number;
  /** While true no byte passes and no connection is reset, as when a host vanishes. */
  isBlackHole: boolean;
  /** Resets every connection. */
  cut(): void;
  close(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1 and passes everything on to the target. */
export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ ...target, noDelay: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (bytes) => pass(bytes, upstream, 0));
    upstream.on('data', (bytes) => pass(bytes, client, proxy.delayMs));
    client.on('end', () => upstream.end());
    upstream.on('end', () => setTimeout(() => client.end(), proxy.delayMs));
  });
  const pass = (bytes: Buffer, to: Socket, delayMs: number): void => {
    if (proxy.isBlackHole) return;
    if (delayMs === 0) to.write(bytes);
    else setTimeout(() => to.write(bytes), delayMs);
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: TcpProxy = {
    port: (server.address() as AddressInfo).port,
    delayMs: 0,
    isBlackHole: false,
    cut: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    close: async () => {
      proxy.cut();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}
