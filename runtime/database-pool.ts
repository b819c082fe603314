import type { Session } from './database-session.ts';
import { ConnectionFault } from './database-session.ts';

interface PoolOptions {
  size: number;
  /** How long a caller waits for a free connection. */
  waitMs: number;
  open: () => Session;
}

interface Waiter {
  resolve: (session: Session) => void;
  reject: (fault: unknown) => void;
}

const lifetimeMs = 30 * 60_000;
const closeMs = 5_000;

/** A bounded number of connections. A lost one is replaced at once; a caller that waits too long is refused. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #idle: Session[] = [];
  readonly #openedAt = new Map<Session, number>();
  readonly #waiters = new Set<Waiter>();
  #onEmpty: (() => void) | undefined;
  #isClosed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** @throws ConnectionFault when no connection is free in time, or the pool is closed. */
  acquire(): Promise<Session> | Session {
    if (this.#isClosed) throw new ConnectionFault('CONNECTION_ENDED', 'The database was closed.');
    return this.#take() ?? this.#wait();
  }

  /** Gives a connection back, whatever became of it. */
  release(session: Session): void {
    const isOld = performance.now() - (this.#openedAt.get(session) ?? 0) > lifetimeMs;
    if (session.isOver || isOld || this.#isClosed) this.#drop(session);
    else if (!this.#hand(session)) this.#idle.push(session);
  }

  /** Refuses new work, waits for what runs, and ends everything within five seconds. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const fault = new ConnectionFault('CONNECTION_ENDED', 'The database was closed.');
    for (const waiter of this.#waiters) waiter.reject(fault);
    for (const session of this.#idle.splice(0)) this.#drop(session);
    if (this.#openedAt.size === 0) return;
    const timer = setTimeout(() => {
      for (const session of [...this.#openedAt.keys()]) {
        session.lose(fault);
        this.#drop(session);
      }
    }, closeMs);
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    clearTimeout(timer);
  }

  #take(): Session | undefined {
    for (let session = this.#idle.pop(); session; session = this.#idle.pop()) {
      if (!session.isOver) return session;
      this.#drop(session);
    }
    if (this.#openedAt.size >= this.#options.size) return undefined;
    const session = this.#options.open();
    this.#openedAt.set(session, performance.now());
    return session;
  }

  #wait(): Promise<Session> {
    const { waitMs } = this.#options;
    return new Promise((resolve, reject) => {
      const refuse = (): void =>
        waiter.reject(new ConnectionFault('CONNECTION_DEADLINE', `No database connection was free for ${waitMs} ms.`));
      const timer = setTimeout(refuse, waitMs);
      const leave = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        resolve: (session) => {
          leave();
          resolve(session);
        },
        reject: (fault) => {
          leave();
          reject(fault);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  #hand(session: Session): boolean {
    const [first] = this.#waiters;
    first?.resolve(session);
    return first !== undefined;
  }

  #drop(session: Session): void {
    if (!this.#openedAt.delete(session)) return;
    session.close();
    if (this.#openedAt.size === 0) this.#onEmpty?.();
    if (this.#isClosed || this.#waiters.size === 0) return;
    const next = this.#take();
    if (next) this.#hand(next);
  }
}
