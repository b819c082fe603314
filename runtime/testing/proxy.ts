import type { Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

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

/** Starts a proxy that adds `delayMs` to each direction. */
export async function startProxy(targetUrl: string, delayMs = 0): Promise<TestProxy> {
  const target = new URL(targetUrl);
  const pairs = new Set<[Socket, Socket]>();
  let isFrozen = false;
  let lastWord: string | undefined;
  const pass = async (bytes: Buffer, to: Socket): Promise<void> => {
    if (isFrozen) return;
    if (delayMs > 0) await delay(delayMs);
    to.write(bytes);
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
      void pass(bytes, far);
      if (lastWord !== undefined && bytes.includes(lastWord)) isFrozen = true;
    });
    far.on('data', (bytes) => void pass(bytes, near));
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
