import { createServer } from 'node:net';

/** A TCP port that nobody listens on now. */
export async function findFreePort(host = '127.0.0.1'): Promise<number> {
  const port = await tryListen(0, host);
  if (port === undefined) throw new Error('The system has no free TCP port.');
  return port;
}

/** The wished port where it is free, otherwise another one. */
export async function findPort(wished: number, host = '127.0.0.1'): Promise<number> {
  return (await tryListen(wished, host)) ?? (await findFreePort(host));
}

/** The port when one can listen on it, otherwise nothing. */
export function tryListen(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}
