import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StateServer {
  /** What Terraform's backend `http` is told. */
  address: string;
  close(): Promise<void>;
}

/**
 * Keeps one state in memory, for Terraform's backend `http`. With a state in a file Terraform writes the whole of it after
 * every resource, which takes five times as long for a thousand of them.
 */
export async function startStateServer(): Promise<StateServer> {
  let state: Buffer | undefined;
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      response.writeHead(state ? 200 : 404).end(state);
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.method === 'POST') state = Buffer.concat(chunks);
      response.writeHead(200).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/state`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
