import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from './database-session.ts';
import { ConnectionFault } from './database-session.ts';

interface Listener {
  onNotify: (payload: string) => void;
  onListening: () => void;
}

type OpenSession = (onNotify: (channel: string, payload: string) => void) => Session;

interface Listening {
  listen(channel: string, onNotify: (payload: string) => void, onListening?: () => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

const firstPauseMs = 50;
const longestPauseMs = 2_000;
const heartbeatMs = 5_000;

/** One connection for all channels of a database, made at the first one, checked every five seconds, replaced when it is lost. */
export function startListening(openSession: OpenSession): Listening {
  const channels = new Map<string, Set<Listener>>();
  const stop = new AbortController();
  let session: Session | undefined;
  let isListening = false;
  let loop: Promise<void> | undefined;
  const notify = (channel: string, payload: string): void => {
    for (const listener of channels.get(channel) ?? []) listener.onNotify(payload);
  };
  const hear = async (active: Session, channel: string): Promise<void> => {
    await active.query(`listen "${channel.replaceAll('"', '""')}"`);
    for (const listener of channels.get(channel) ?? []) listener.onListening();
  };
  const connectOnce = async (): Promise<void> => {
    session = openSession(notify);
    try {
      // Channels that are added meanwhile are visited too.
      for (const channel of channels.keys()) await hear(session, channel);
      isListening = true;
      await watch(session, stop.signal);
    } finally {
      isListening = false;
      session.close();
      session = undefined;
    }
  };
  const keep = async (): Promise<void> => {
    for (let pauseMs = firstPauseMs; !stop.signal.aborted; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      const started = performance.now();
      await connectOnce().catch(() => undefined);
      if (performance.now() - started > heartbeatMs) pauseMs = firstPauseMs;
      await delay(pauseMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  return {
    listen: async (channel, onNotify, onListening = () => undefined) => {
      const listener = { onNotify, onListening };
      const listeners = channels.get(channel) ?? new Set();
      const isNew = listeners.size === 0;
      channels.set(channel, listeners.add(listener));
      loop ??= keep();
      if (session && isListening && isNew) await hear(session, channel).catch((fault) => session?.lose(fault));
      else if (isListening) onListening();
      return async () => {
        listeners.delete(listener);
      };
    },
    close: async () => {
      stop.abort();
      session?.lose(new ConnectionFault('CONNECTION_ENDED', 'The database was closed.'));
      await loop;
    },
  };
}

/** Settles when the connection is lost or we stop; a connection that is open at one end only fails the heartbeat. */
async function watch(session: Session, stop: AbortSignal): Promise<void> {
  while (!stop.aborted && !session.isOver) {
    const beat = new AbortController();
    const forget = session.onLoss(() => beat.abort());
    await delay(heartbeatMs, undefined, { signal: AbortSignal.any([stop, beat.signal]) }).catch(() => undefined);
    forget();
    if (!stop.aborted && !session.isOver) await session.query('select 1');
  }
}
