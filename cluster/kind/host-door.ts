import type { Server } from 'node:net';
import { connect, createServer } from 'node:net';

/** Where containers reach a port of this machine's own 127.0.0.1. */
export interface HostDoor {
  url: string;
  close(): void;
}

/** Docker Desktop's name for the machine, by which containers reach its 127.0.0.1. */
const desktopName = 'host.docker.internal';

/**
 * Passes on what containers send to Docker's own address of this machine. Where that address is in Docker's virtual
 * machine, as with Docker Desktop, that program's name for this machine does the same.
 */
export async function openHostDoor(gateway: string, target: URL): Promise<HostDoor> {
  const server = createServer((inside) => {
    const out = connect(Number(target.port), target.hostname);
    inside.on('error', () => out.destroy());
    out.on('error', () => inside.destroy());
    inside.pipe(out).pipe(inside);
  });
  const port = await listen(server, gateway);
  if (port === undefined) return { url: `http://${desktopName}:${target.port}`, close: () => undefined };
  return { url: `http://${gateway}:${port}`, close: () => void server.close() };
}

function listen(server: Server, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRNOTAVAIL' ? resolve(undefined) : reject(error),
    );
    server.listen(0, host, () => {
      const address = server.address();
      server.unref();
      resolve(address && typeof address === 'object' ? address.port : undefined);
    });
  });
}
