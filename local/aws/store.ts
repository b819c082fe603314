import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { DatabaseSync } from 'node:sqlite';
import { AwsError, unavailable } from './aws-error.ts';
import { schemaSteps } from './schema.ts';

/** The state folder cannot be used. The message is one line for a person. */
export class StoreError extends Error {}

type Row = Record<string, SQLInputValue>;
interface Work {
  run: () => void;
  settle: (failure?: unknown) => void;
}

const schemaVersion = schemaSteps.length;
const largestChecked = 512 * 1024 * 1024;
const maxTogether = 256;

/**
 * All state in one SQLite file. Requests that arrive together are written in one transaction, and answered after it:
 * what was acknowledged is in the log of the file system, which survives the death of this process.
 */
export class Store {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #waiting: Work[] = [];
  #isScheduled = false;
  #isOpen = true;
  readonly #afterRollback: (() => void)[] = [];

  constructor(folder: string) {
    this.#database = openDatabase(folder);
  }

  all<Found extends object>(sql: string, ...values: SQLInputValue[]): Found[] {
    return this.#statement(sql).all(...values) as Found[];
  }

  get<Found extends object>(sql: string, ...values: SQLInputValue[]): Found | undefined {
    return this.#statement(sql).get(...values) as Found | undefined;
  }

  /** Runs one statement; only inside `write`. Returns the number of changed rows and the last row's id. */
  run(sql: string, ...values: SQLInputValue[]): { changes: number; id: number } {
    const { changes, lastInsertRowid } = this.#statement(sql).run(...values);
    return { changes: Number(changes), id: Number(lastInsertRowid) };
  }

  /** Runs `change` in a transaction and resolves once it is committed; nothing of it stays when it throws. */
  write<Result>(change: () => Result): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (!this.#isOpen) {
        reject(unavailable());
        return;
      }
      let result: { value: Result } | undefined;
      this.#waiting.push({
        run: () => {
          result = { value: change() };
        },
        settle: (failure) => (result && failure === undefined ? resolve(result.value) : reject(failure)),
      });
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      setImmediate(() => this.#flush());
    });
  }

  /** Calls `reload` after a transaction failed, for whoever keeps a copy of rows in memory. */
  onRollback(reload: () => void): void {
    this.#afterRollback.push(reload);
  }

  #flush(): void {
    this.#isScheduled = false;
    const together = this.#waiting.splice(0, maxTogether);
    if (this.#waiting.length > 0) {
      this.#isScheduled = true;
      setImmediate(() => this.#flush());
    }
    const failures = new Map<Work, unknown>();
    try {
      this.#statement('begin immediate').run();
      for (const work of together) this.#runAlone(work, failures);
      this.#statement('commit').run();
    } catch (error) {
      if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec('rollback');
      for (const reload of this.#afterRollback) reload();
      for (const work of together) work.settle(failures.get(work) ?? unavailable(error));
      return;
    }
    for (const work of together) work.settle(failures.get(work));
  }

  #runAlone(work: Work, failures: Map<Work, unknown>): void {
    this.#statement('savepoint work').run();
    try {
      work.run();
    } catch (error) {
      failures.set(work, error instanceof AwsError ? error : unavailable(error));
      // A full disk ends the whole transaction: the flush fails, and with it everything in it.
      if (!this.#database.isTransaction) throw error;
      this.#statement('rollback to work').run();
      if (!(error instanceof AwsError)) for (const reload of this.#afterRollback) reload();
    }
    this.#statement('release work').run();
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  /** Commits what waits and closes the file. */
  close(): void {
    if (!this.#isOpen) return;
    while (this.#waiting.length > 0) this.#flush();
    this.#isOpen = false;
    this.#database.close();
  }
}

function openDatabase(folder: string): DatabaseSync {
  const path = join(folder, 'aws.sqlite');
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new StoreError(`cannot make the folder ${folder}: ${reasonOf(error)}`, { cause: error });
  }
  const isSmall = existsSync(path) && statSync(path).size < largestChecked;
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 2000 });
    database.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma locking_mode = exclusive');
    database.exec('pragma temp_store = memory; pragma cache_size = -32768; pragma wal_autocheckpoint = 4000');
    if (isSmall) requireSound(database);
    const found = Number((database.prepare('pragma user_version').get() as Row).user_version);
    if (found > schemaVersion) throw new Error(`it was written by a newer version (${found})`);
    if (found < schemaVersion) {
      const steps = schemaSteps.slice(found).join(';');
      database.exec(`begin immediate; ${steps}; pragma user_version = ${schemaVersion}; commit`);
    }
    return database;
  } catch (error) {
    database?.close();
    throw new StoreError(describeFailure(path, error), { cause: error });
  }
}

function requireSound(database: DatabaseSync): void {
  const [first] = database.prepare('pragma quick_check(1)').all() as Row[];
  if (first?.quick_check !== 'ok') throw new Error(String(first?.quick_check).replace(/\s+/g, ' '));
}

function describeFailure(path: string, error: unknown): string {
  const reason = reasonOf(error);
  if (/locked|busy/.test(reason)) return `${path} is in use by another process`;
  if (/unable to open|readonly|permission|full|disk I\/O/i.test(reason)) return `${path} cannot be written: ${reason}`;
  return `${path} cannot be read (${reason}); move the file away to start without queues and rules`;
}

const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message.split('\n')[0] : String(error)) ?? '';
