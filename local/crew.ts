import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Child, ProcessPlan, Watcher } from './child.ts';
import { runToEnd, superviseChild } from './child.ts';
import { superviseDatabase } from './database-child.ts';
import type { Endpoints } from './endpoints.ts';
import { writeEndpoints } from './endpoints.ts';
import type { LogFile } from './log-file.ts';
import { openLogFile } from './log-file.ts';
import { endLeftProcesses, recordProcesses } from './platform-lock.ts';

/** The processes of one platform: their logs, their numbers, and the two files that tell others about them. */
export class Crew {
  readonly #dataDir: string;
  readonly #watcher: Watcher;
  readonly #children = new Map<string, Child>();
  readonly #logs = new Map<string, LogFile>();
  #pids: Record<string, number> = {};
  #endpoints: Endpoints | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isStopping = false;

  constructor(dataDir: string, report: (line: string) => void) {
    let last = '';
    // A disk that is full says so at each write; a person reads it once.
    const note = (line: string): void => {
      if (line !== last) report(line);
      last = line;
    };
    this.#dataDir = dataDir;
    this.#watcher = {
      onPid: (name, pid) => {
        const { [name]: _before, ...others } = this.#pids;
        this.#pids = pid === undefined ? others : { ...others, [name]: pid };
        this.#publish(note);
      },
      onNote: (line) => {
        if (!this.#isStopping) note(line);
      },
    };
  }

  get #listPath(): string {
    return join(this.#dataDir, 'processes.json');
  }

  get #endpointsPath(): string {
    return join(this.#dataDir, 'endpoints.json');
  }

  /** Ends what a killed supervisor left behind. @returns the names of what it ended. */
  async clear(): Promise<string[]> {
    await rm(this.#endpointsPath, { force: true });
    return endLeftProcesses(this.#listPath);
  }

  async startDatabase(port: number): Promise<string> {
    const dataDir = join(this.#dataDir, 'postgres');
    const child = await superviseDatabase({ dataDir, port }, this.#log('postgres'), this.#watcher);
    this.#children.set(child.name, child);
    return child.url;
  }

  /** Starts a process and waits until it answers. */
  async start(plan: ProcessPlan): Promise<void> {
    if (this.#isStopping) return;
    const child = superviseChild(plan, this.#log(plan.name), this.#watcher);
    this.#children.set(plan.name, child);
    await child.ready();
  }

  /** Runs a process that ends by itself. */
  async run(plan: Omit<ProcessPlan, 'readyUrl'>): Promise<void> {
    if (!this.#isStopping) await runToEnd(plan, this.#log(plan.name), this.#watcher);
  }

  /** Tells everybody that the platform is ready, and from now on the numbers of processes that start again. */
  async announce(endpoints: Omit<Endpoints, 'pids'>): Promise<Endpoints> {
    this.#endpoints = { ...endpoints, pids: this.#allPids() };
    await writeEndpoints(this.#endpointsPath, this.#endpoints);
    return this.#endpoints;
  }

  /** Stops processes in groups, one group after the other; what is in none comes last, the database after it. */
  async stop(groups: readonly { names: readonly string[]; graceMs: number }[]): Promise<void> {
    this.#isStopping = true;
    this.#endpoints = undefined;
    await this.#writing;
    await rm(this.#endpointsPath, { force: true }).catch(() => undefined);
    for (const group of groups) await this.#stopSome(group.names, group.graceMs);
    await this.#stopSome(
      [...this.#children.keys()].filter((name) => name !== 'postgres'),
      1_500,
    );
    await this.#stopSome(['postgres'], 0);
    await this.#writing;
    await rm(this.#listPath, { force: true }).catch(() => undefined);
    for (const log of this.#logs.values()) log.close();
    this.#logs.clear();
  }

  async #stopSome(names: readonly string[], graceMs: number): Promise<void> {
    await Promise.all(names.map((name) => this.#children.get(name)?.stop(graceMs)));
    for (const name of names) this.#children.delete(name);
  }

  #log(name: string): LogFile {
    const known = this.#logs.get(name);
    if (known) return known;
    const log = openLogFile(join(this.#dataDir, 'logs', `${name}.log`), (error) => {
      this.#watcher.onNote(error instanceof Error ? error.message : String(error));
    });
    this.#logs.set(name, log);
    return log;
  }

  #allPids(): Record<string, number> {
    return { ...this.#pids, supervisor: process.pid };
  }

  #publish(note: (line: string) => void): void {
    const write = async (): Promise<void> => {
      await recordProcesses(this.#listPath, this.#pids);
      if (this.#endpoints && !this.#isStopping) {
        this.#endpoints = { ...this.#endpoints, pids: this.#allPids() };
        await writeEndpoints(this.#endpointsPath, this.#endpoints);
      }
    };
    this.#writing = this.#writing.then(write).catch((error: unknown) => {
      if (!this.#isStopping) note(error instanceof Error ? error.message : String(error));
    });
  }
}
