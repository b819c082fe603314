import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { EnvironmentFault } from '@millrace/policies/environment-fault.ts';

/** A server on 127.0.0.1 that can be ended with all its connections. */
export interface Listener {
  url: string;
  close(): Promise<void>;
}

/** @throws EnvironmentFault when the port cannot be had. `alsoEnds` serves what the first hands over to it. */
export async function listenOn(server: Server, options: { port: number; alsoEnds?: TlsServer }): Promise<Listener> {
  const sockets = new Set<Duplex>();
  server.on('connection', (socket: Duplex) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(portFault(options.port, error)));
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        options.alsoEnds?.closeAllConnections();
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function portFault(port: number, error: NodeJS.ErrnoException): Error {
  if (error.code === 'EADDRINUSE') return new EnvironmentFault(`E914 port ${port} is taken by another process.`);
  return new EnvironmentFault(`E914 port ${port} cannot be used: ${error.message}`);
}
