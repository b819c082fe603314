import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Child, ProcessPlan } from './child.ts';
import { superviseChild } from './child.ts';
import { searchPath } from './config.ts';
import { endLeftProcesses, recordProcesses, writeAtomically } from './folder-lock.ts';
import { trimLog } from './log.ts';

const trimMs = 60_000;
const stopGraceMs = 5_000;

/** The processes of one cluster: their numbers, and the two files that tell others about them. */
export class Crew<Name extends string> {
  readonly #folder: string;
  readonly #children = new Map<Name, Child>();
  readonly #note: (line: string) => void;
  readonly #dieTogether = wordsToDieTogether();
  readonly #logs = new Set<string>();
  readonly #trimming: NodeJS.Timeout;
  #pids: Partial<Record<Name, number>> = {};
  #facts: object | undefined;
  #writing: Promise<void> = Promise.resolve();
  #isStopping = false;

  constructor(folder: string, note: (line: string) => void) {
    this.#folder = folder;
    this.#note = (line) => {
      if (!this.#isStopping) note(line);
    };
    this.#trimming = setInterval(() => {
      for (const path of this.#logs) trimLog(path);
    }, trimMs).unref();
  }

  /** What programs read once everything is ready; gone after a stop. */
  get #announcedPath(): string {
    return join(this.#folder, 'cluster.json');
  }

  get #listPath(): string {
    return join(this.#folder, 'processes.json');
  }

  /** Ends what a killed supervisor left behind. @returns the names of what it ended. */
  async clear(): Promise<string[]> {
    await rm(this.#announcedPath, { force: true });
    return endLeftProcesses(this.#listPath);
  }

  /** Starts a program and waits until it answers. */
  async start(plan: ProcessPlan<Name>): Promise<void> {
    if (this.#isStopping) return;
    this.#logs.add(plan.logFile);
    const child = superviseChild(plan, this.#dieTogether, {
      onPid: (name, pid) => this.#onPid(name as Name, pid),
      onNote: this.#note,
    });
    this.#children.set(plan.name, child);
    await child.ready();
  }

  pids(): Partial<Record<Name, number>> {
    return { ...this.#pids };
  }

  async kill(name: Name, signal: NodeJS.Signals): Promise<void> {
    await this.#children.get(name)?.kill(signal);
  }

  /** Tells everybody that all is ready, and from now on the numbers of programs that start again. */
  async announce(facts: object): Promise<void> {
    this.#facts = facts;
    this.#publish();
    await this.#writing;
  }

  /** Stops programs in groups, one group after the other; what is in none comes first. */
  async stop(groups: readonly (readonly Name[])[]): Promise<void> {
    this.#isStopping = true;
    this.#facts = undefined;
    clearInterval(this.#trimming);
    await this.#writing;
    await rm(this.#announcedPath, { force: true }).catch(() => undefined);
    const named = new Set(groups.flat());
    const others = [...this.#children.keys()].filter((name) => !named.has(name));
    for (const group of [others, ...groups]) {
      await Promise.all(group.map((name) => this.#children.get(name)?.stop(stopGraceMs)));
    }
    await this.#writing;
    await rm(this.#listPath, { force: true }).catch(() => undefined);
  }

  #onPid(name: Name, pid: number | undefined): void {
    const { [name]: _before, ...others } = this.#pids;
    this.#pids = { ...others, ...(pid !== undefined && { [name]: pid }) } as Partial<Record<Name, number>>;
    this.#publish();
  }

  #publish(): void {
    const write = async (): Promise<void> => {
      await recordProcesses(this.#listPath, this.#pids as Record<string, number>);
      if (!this.#facts || this.#isStopping) return;
      const pids = { ...this.#pids, supervisor: process.pid };
      await writeAtomically(this.#announcedPath, `${JSON.stringify({ ...this.#facts, pids }, null, 2)}\n`);
    };
    this.#writing = this.#writing.then(write).catch((error: unknown) => {
      this.#note(error instanceof Error ? error.message : String(error));
    });
  }
}

/** Where `setpriv` is there, the kernel ends a program when we are gone; elsewhere the next start does. */
function wordsToDieTogether(): string[] {
  const setpriv = findProgram('setpriv');
  return setpriv ? [setpriv, '--pdeathsig=KILL', '--'] : [];
}

/** The path of a program of this machine, where it has it. */
export function findProgram(name: string): string | undefined {
  const folders = [...searchPath().split(delimiter), '/usr/local/bin', '/usr/bin', '/bin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
