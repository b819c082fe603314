import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'iovalkey';
import { withDeadline } from './deadline.ts';

/** A server that speaks Valkey's protocol, and how to sign in there. */
export interface ValkeyTarget {
  /** `redis://` or, with TLS, `rediss://`; with the user's name if there is one. */
  url: string;
  /** Asked for at each connection, and again while it lasts. */
  password?: (() => Promise<string>) | undefined;
  /** How often a connection signs in again, so that AWS does not end it after 12 hours; 6 hours. */
  renewMs?: number;
}

/** One client whose connection is replaced when it is lost. Without a connection its commands fail at once. */
export interface ValkeyConnection {
  client: Redis;
  /** Why the last attempt to connect failed, until one succeeds. */
  fault(): unknown;
  /** Settles within five seconds. */
  close(): Promise<void>;
}

const commandMs = 500;
const connectMs = 2_000;
/** Signing in takes longer than a command: the server asks IAM. */
const signInMs = 3_000;
/** A role's credentials may have to come from STS first. */
const passwordMs = 5_000;
/** A server that is gone without a word is given up: TCP alone would wait a quarter of an hour. */
const silenceMs = 4_000;
const pauseMs = 100;
const longestPauseMs = 2_000;
const sixHoursMs = 6 * 3_600_000;

/**
 * Connects, for ever. The library would sign in again with the password that it was made with, and a token of IAM is good for
 * 15 minutes. So it connects only when it is told to, and gets a password each time.
 */
export function connectValkey(target: ValkeyTarget): ValkeyConnection {
  const stop = new AbortController();
  const client = new Redis(target.url, {
    connectTimeout: connectMs,
    enableOfflineQueue: false,
    lazyConnect: true,
    reconnectOnError: isReplica,
    retryStrategy: () => null,
    socketTimeout: silenceMs,
  });
  // Otherwise its first command would connect.
  client.disconnect();
  let [fault, reason]: unknown[] = [];
  client.on('error', (error) => {
    reason = error;
  });
  const keep = async (): Promise<void> => {
    for (let attempt = 1; !stop.signal.aborted; attempt += 1) {
      reason = undefined;
      try {
        await connectOnce(client, target, stop.signal);
        [fault, attempt] = [undefined, 0];
        await untilLost(client, target);
      } catch (error) {
        // What the library rejects with says only that the connection is closed.
        fault = reason ?? error;
      }
      const restMs = Math.min((attempt + 1) * pauseMs, longestPauseMs);
      await delay(restMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  const loop = keep();
  return {
    client,
    fault: () => fault,
    close: async () => {
      stop.abort();
      client.disconnect();
      await loop;
    },
  };
}

/** After a failover the server that was the first refuses to write; its address leads to another one by then. */
export const isReplica = (error: Error): boolean => error.message.startsWith('READONLY');

async function connectOnce(client: Redis, { password }: ValkeyTarget, stop: AbortSignal): Promise<void> {
  if (password) client.options.password = await withDeadline(password(), passwordMs);
  stop.throwIfAborted();
  client.options.commandTimeout = signInMs;
  await client.connect();
  client.options.commandTimeout = commandMs;
}

/** A sign-in that fails meanwhile leaves the connection as it is, with what is left of its 12 hours. */
async function untilLost(client: Redis, { password, renewMs = sixHoursMs }: ValkeyTarget): Promise<void> {
  const renew = async (): Promise<void> => {
    if (password) await client.auth(client.options.username ?? '', await password());
  };
  const timer = setInterval(() => void renew().catch(() => undefined), renewMs);
  await new Promise<void>((resolve) => {
    if (client.status === 'end') resolve();
    else client.once('end', resolve);
  });
  clearInterval(timer);
}
