import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the ports that Linux gives to outgoing connections (32768 and up), so that a restarted process finds its own free. */
const lowestPort = 20_000;
const highestPort = 32_000;
const attempts = 200;

/** A TCP port that nobody listens on now. */
export async function findFreePort(host = '127.0.0.1'): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = randomInt(lowestPort, highestPort);
    if (await isFree(port, host)) return port;
  }
  throw new Error(`found no free TCP port between ${lowestPort} and ${highestPort} in ${attempts} attempts`);
}

/**
 * The wished port where nobody has it, otherwise a free one; 0 wishes for none. It is ours for the life of this process:
 * other supervisors do not choose it, even before anybody listens on it.
 */
export async function reservePort(wished: number): Promise<number> {
  if (wished !== 0 && (await reserve(wished))) return wished;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = await findFreePort();
    if (await reserve(port)) return port;
  }
  throw new Error(`found no free TCP port in ${attempts} attempts`);
}

/** An abstract socket (unix(7)) as a note to other supervisors; the kernel removes it with this process. */
function reserve(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const note = createServer((socket) => socket.destroy());
    note.once('error', () => resolve(false));
    note.listen(`\0millrace-port-${port}`, async () => {
      note.unref();
      const isOurs = await isFree(port);
      if (!isOurs) note.close();
      resolve(isOurs);
    });
  });
}

/** Whether one can listen on a port. An address that the machine does not have counts as free. */
export function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRNOTAVAIL'));
    server.listen({ port, host, exclusive: true, ipv6Only: host.includes(':') }, () =>
      server.close(() => resolve(true)),
    );
  });
}
