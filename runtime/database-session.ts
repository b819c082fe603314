import { connect, Socket } from 'node:net';
import postgres from 'postgres';

// postgres.js reuses a connection object after a loss: a transaction that still runs could then write on the next session,
// and queries of the old one can stay unanswered for ever. So each connection has a client of its own, thrown away with it.

/** The parsed options of postgres.js, which it takes back as they are. */
export type ParsedOptions = postgres.ParsedOptions & { shared?: unknown };

/** A query of postgres.js, with the members that its own code uses. */
export interface RunnableQuery {
  handler: (query: RunnableQuery) => void;
  resolve: (value: unknown) => void;
  reject: (reason: unknown) => void;
  cancelled: unknown;
}

/** The database did not answer in time, or the connection to it was lost. `code` marks it as passing. */
export class ConnectionFault extends Error {
  readonly code: 'CONNECTION_DEADLINE' | 'CONNECTION_LOST' | 'CONNECTION_ENDED' | 'TRANSACTION_OVER';

  constructor(code: ConnectionFault['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

interface SessionOptions {
  options: ParsedOptions;
  /** How long a query may take, with its way there and back. */
  deadlineMs: number;
  password?: (() => Promise<string>) | undefined;
  onNotify?: ((channel: string, payload: string) => void) | undefined;
}

/** The server said something after which this connection is of no use: shutting down, or read-only after a failover. */
const uselessAfter = new Set(['57P01', '57P02', '57P03', '25006']);
const keepAliveMs = 10_000;

/** One connection to the database, from its first query to its loss. */
export class Session {
  readonly #client: postgres.Sql;
  readonly #handler: (query: RunnableQuery) => void;
  readonly #deadlineMs: number;
  readonly #onLoss = new Set<(fault: unknown) => void>();
  #socket: Socket | undefined;
  #fault: unknown;
  #isUseless = false;
  #secret = '';

  constructor(settings: SessionOptions) {
    const { options, password, onNotify } = settings;
    this.#deadlineMs = settings.deadlineMs;
    const own = {
      ...options,
      max: 1,
      idle_timeout: null,
      max_lifetime: null,
      no_subscribe: true,
      socket: () => (password ? this.#openWith(password, options) : this.#open(options)),
      onclose: () => this.lose(new ConnectionFault('CONNECTION_LOST', 'The connection to the database was lost.')),
      onnotify: (channel: string, payload: string) => onNotify?.(channel, payload),
      ...(password && { pass: () => this.#secret }),
    };
    this.#client = postgres(own as unknown as postgres.Options<Record<string, postgres.PostgresType>>);
    this.#handler = (this.#client`select` as unknown as RunnableQuery).handler;
  }

  /** No query may run here any more. */
  get isOver(): boolean {
    return this.#fault !== undefined || this.#isUseless;
  }

  /** Runs one query and settles when the connection is free again. Never rejects: the query itself carries the outcome. */
  run(query: RunnableQuery): Promise<void> {
    return new Promise((done) => {
      this.#watch(query, done);
      if (query.cancelled) return query.reject(new ConnectionFault('CONNECTION_ENDED', 'The query was cancelled.'));
      if (this.#fault === undefined) this.#handler(query);
    });
  }

  /** Runs one statement without parameters. */
  async query(text: string): Promise<unknown> {
    const query = this.#client.unsafe(text);
    (query as unknown as RunnableQuery).handler = (running) => void this.run(running);
    return await query;
  }

  /** Runs a transaction. Its queries are refused once it is over or the connection is lost, whatever the work then does. */
  begin<Result>(mode: string, work: (sql: postgres.TransactionSql) => Promise<Result>): Promise<Result> {
    let timer = this.#arm();
    const scope = { isOver: false };
    const run = this.#client.begin(mode, async (scoped) => {
      clearTimeout(timer);
      try {
        return await this.#unlessLost(work(this.#guard(scoped, scope)));
      } finally {
        scope.isOver = true;
        timer = this.#arm();
      }
    }) as Promise<Result>;
    return this.#orLost(run).finally(() => clearTimeout(timer));
  }

  /** Calls back once, with the reason, when the connection is lost. Returns how to take that back. */
  onLoss(callback: (fault: unknown) => void): () => void {
    if (this.#fault !== undefined) callback(this.#fault);
    else this.#onLoss.add(callback);
    return () => void this.#onLoss.delete(callback);
  }

  /** Ends the connection now: what runs on it fails with the fault. */
  lose(fault: unknown): void {
    if (this.#fault !== undefined) return;
    this.#fault = fault;
    this.#tellLoss(fault);
    this.#socket?.destroy();
  }

  /** Says good-bye to the server; nothing may be running. */
  close(): void {
    this.#fault ??= new ConnectionFault('CONNECTION_ENDED', 'The connection to the database was closed.');
    const socket = this.#socket;
    void this.#client.end({ timeout: 1 }).catch(() => undefined);
    setTimeout(() => socket?.destroy(), 1_500).unref();
  }

  /**
   * The password comes before the connection: the server's challenge is made of the password that it knows at the start.
   * One that cannot be had ends the connection.
   */
  async #openWith(password: () => Promise<string>, options: ParsedOptions): Promise<Socket> {
    try {
      // The library may still try once more after a loss.
      if (this.#fault === undefined) this.#secret = await password();
    } catch (error) {
      this.lose(error);
    }
    return this.#open(options);
  }

  #open(options: ParsedOptions): Socket {
    if (this.#fault !== undefined) return new Socket().destroy();
    const [host, port] = [String(options.host[0]), Number(options.port[0])];
    const socket = options.path
      ? connect({ path: String(options.path) })
      : connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs });
    this.#socket = socket;
    const lost = (cause?: unknown): void => {
      const fault = new ConnectionFault('CONNECTION_LOST', 'The connection to the database was lost.', cause);
      // Ours come before the library's listeners; those reject what runs, with the socket's own reason.
      this.#fault ??= fault;
      process.nextTick(() => this.#tellLoss(fault));
    };
    socket.once('error', lost).once('close', () => lost());
    // The library reads these two to check the certificate's name.
    return Object.assign(socket, { host, port });
  }

  #tellLoss(fault: unknown): void {
    for (const callback of this.#onLoss) callback(fault);
    this.#onLoss.clear();
    void this.#client.end({ timeout: 0 }).catch(() => undefined);
  }

  #arm(): NodeJS.Timeout {
    return setTimeout(() => {
      this.lose(
        new ConnectionFault('CONNECTION_DEADLINE', `The database did not answer within ${this.#deadlineMs} ms.`),
      );
    }, this.#deadlineMs);
  }

  #watch(query: RunnableQuery, done?: () => void): void {
    const timer = this.#arm();
    const { resolve, reject } = query;
    let isSettled = false;
    let forget = (): void => undefined;
    const settle = (finish: () => void): void => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      forget();
      finish();
      // The library marks the connection as free after it has settled the query, in the same tick.
      if (done) queueMicrotask(done);
    };
    query.resolve = (value) => settle(() => resolve(value));
    query.reject = (reason) =>
      settle(() => {
        if (uselessAfter.has(String((reason as { code?: unknown } | undefined)?.code))) this.#isUseless = true;
        reject(reason);
      });
    forget = this.onLoss((fault) => query.reject(fault));
  }

  #guard(scoped: postgres.TransactionSql, scope: { isOver: boolean }): postgres.TransactionSql {
    const run = (scoped`select` as unknown as RunnableQuery).handler;
    const route = (query: RunnableQuery): void => {
      if (scope.isOver) {
        query.reject(new ConnectionFault('TRANSACTION_OVER', 'This transaction is over.'));
        return;
      }
      this.#watch(query);
      if (this.#fault === undefined) run(query);
    };
    const guarded = routeQueries(scoped, route) as postgres.TransactionSql;
    const savepoint = (name: unknown, work?: unknown): Promise<unknown> => {
      const label = typeof name === 'string' ? name : undefined;
      const body = (label === undefined ? name : work) as (sql: postgres.TransactionSql) => Promise<unknown>;
      const nested = (inner: postgres.TransactionSql): Promise<unknown> =>
        this.#unlessLost(body(this.#guard(inner, scope)));
      return this.#orLost(label === undefined ? scoped.savepoint(nested) : scoped.savepoint(label, nested));
    };
    return Object.assign(guarded, { savepoint, prepare: scoped.prepare });
  }

  /** Never settles once the connection is lost: the library would send `rollback` to whatever comes next. */
  async #unlessLost<Result>(work: Result | Promise<Result>): Promise<Result> {
    try {
      const result = await work;
      return this.#fault === undefined ? result : await new Promise<never>(() => undefined);
    } catch (error) {
      if (this.#fault === undefined) throw error;
      return await new Promise<never>(() => undefined);
    }
  }

  #orLost<Result>(work: Promise<Result>): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const forget = this.onLoss(reject);
      work.then(resolve, reject).finally(forget);
    });
  }
}

/** Makes a client whose queries go through `route`; fragments, identifiers and values stay as they are. */
export function routeQueries(
  sql: postgres.Sql | postgres.TransactionSql,
  route: (query: RunnableQuery) => void,
): unknown {
  const routed = (value: unknown): unknown => {
    if (value instanceof Promise && 'handler' in value) (value as unknown as RunnableQuery).handler = route;
    return value;
  };
  const call = sql as unknown as (first: unknown, ...rest: unknown[]) => unknown;
  const unsafe = sql.unsafe as unknown as (...all: unknown[]) => unknown;
  const tag = (first: unknown, ...rest: unknown[]): unknown => routed(call(first, ...rest));
  return Object.assign(tag, {
    notify: (channel: string, payload: string) => routed(unsafe('select pg_notify($1, $2)', [channel, payload])),
    unsafe: (...all: unknown[]) => routed(unsafe(...all)),
    json: sql.json,
    array: sql.array,
    typed: sql.typed,
    types: sql.types,
  });
}
