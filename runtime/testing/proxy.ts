import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** A TCP proxy before a database, for the faults of networks. */
export interface TestProxy {
  url: string;
  /** Swallows bytes in both directions without closing, as a broken network does. */
  freeze(): void;
  thaw(): void;
  /** Swallows everything after a request that holds this word. */
  freezeAnswersTo(word: string): void;
  /** Closes all connections. */
  cut(): void;
  close(): Promise<void>;
}

/** Starts a proxy that adds `delayMs` to every answer: 3 makes a local database as far as one in the next zone. */
export async function startProxy(targetUrl: string, delayMs = 0): Promise<TestProxy> {
  const target = new URL(targetUrl);
  const pairs = new Set<[Socket, Socket]>();
  let isFrozen = false;
  let lastWord: string | undefined;
  const pass = (bytes: Buffer, to: Socket, waitMs: number): void => {
    if (isFrozen) return;
    if (waitMs === 0) to.write(bytes);
    else setTimeout(() => to.write(bytes), waitMs);
  };
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    const end = (): void => {
      near.destroy();
      far.destroy();
      pairs.delete(pair);
    };
    near.on('data', (bytes) => {
      pass(bytes, far, 0);
      if (lastWord !== undefined && bytes.includes(lastWord)) isFrozen = true;
    });
    far.on('data', (bytes) => pass(bytes, near, delayMs));
    for (const socket of pair) socket.on('error', end).on('close', end).setNoDelay(true);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = new URL(targetUrl);
  url.host = `127.0.0.1:${(server.address() as { port: number }).port}`;
  const cut = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
  };
  return {
    url: url.href,
    freeze: () => {
      isFrozen = true;
    },
    thaw: () => {
      isFrozen = false;
      lastWord = undefined;
    },
    freezeAnswersTo: (word) => {
      lastWord = word;
    },
    cut,
    close: async () => {
      cut();
      server.close();
    },
  };
}
