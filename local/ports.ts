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

/** The wished port where it is free and nobody of us has it, otherwise another one. */
export async function findPort(wished: number, taken: ReadonlySet<number>): Promise<number> {
  if (wished !== 0 && !taken.has(wished) && (await isFree(wished))) return wished;
  const other = await findFreePort();
  return taken.has(other) ? findPort(0, taken) : other;
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
