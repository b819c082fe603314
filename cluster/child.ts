import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { EnvironmentFault } from '@millrace/policies/environment-fault.ts';
import { lastWords, openLog } from './log.ts';

const firstBackOffMs = 50;
const maxBackOffMs = 5_000;
const healthyMs = 10_000;
const pollMs = 50;
const readyDeadlineMs = 180_000;
const earlyExits = 5;
const killDeadlineMs = 10_000;

/** How to run one program. */
export interface ProcessPlan<Name extends string = string> {
  name: Name;
  program: string;
  words: readonly string[];
  environment: Record<string, string>;
  /** Its working folder. */
  folder: string;
  logFile: string;
  /** A program of ours: a channel tells it that the supervisor is gone. */
  hasChannel?: boolean;
  /** Whether it answers. */
  isReady(): Promise<boolean>;
}

export interface Watcher {
  /** A program has another number, or none. */
  onPid(name: string, pid: number | undefined): void;
  onNote(line: string): void;
}

/** A program that is started again whenever it ends. */
export interface Child {
  name: string;
  /** Waits until it answers. @throws EnvironmentFault when it ends again and again before that. */
  ready(): Promise<void>;
  /** Sends a signal and waits until that process is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** SIGTERM, and SIGKILL when it is still there after so long. */
  stop(graceMs: number): Promise<void>;
}

interface State {
  isStopping: boolean;
  exits: number;
  child: ChildProcess | undefined;
}

/**
 * Runs a program and starts it again when it ends: at once, then after growing pauses.
 * @param dieTogether the words that make the kernel end it together with us, where there are any.
 */
export function superviseChild(plan: ProcessPlan, dieTogether: readonly string[], watcher: Watcher): Child {
  const state: State = { isStopping: false, exits: 0, child: undefined };
  const loop = async (): Promise<void> => {
    let backOffMs = 0;
    while (!state.isStopping) {
      const startedAt = performance.now();
      const how = await runOnce(plan, { dieTogether, state, watcher });
      if (state.isStopping) return;
      state.exits += 1;
      const said = how.startsWith('SIG') ? '' : lastWords(plan.logFile);
      watcher.onNote(`${plan.name} ended (${how}); it starts again.${said && ` Last words: ${said}`}`);
      const wasHealthy = performance.now() - startedAt > healthyMs;
      backOffMs = wasHealthy ? 0 : Math.min(maxBackOffMs, backOffMs * 2 || firstBackOffMs);
      if (backOffMs > 0) await delay(backOffMs);
    }
  };
  const ended = loop();
  return {
    name: plan.name,
    ready: () => waitUntilReady(plan, state),
    kill: (signal) => killOne(plan.name, { child: state.child, signal }),
    stop: async (graceMs) => {
      state.isStopping = true;
      state.child?.kill('SIGTERM');
      // An open channel would keep a program of ours there.
      if (state.child?.connected) state.child.disconnect();
      const timer = setTimeout(() => state.child?.kill('SIGKILL'), graceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

function runOnce(
  plan: ProcessPlan,
  facts: { dieTogether: readonly string[]; state: State; watcher: Watcher },
): Promise<string> {
  const { state, watcher } = facts;
  const log = openLog(plan.logFile);
  const [command = plan.program, ...words] = [...facts.dieTogether, plan.program, ...plan.words];
  // A session of its own, so that Ctrl-C reaches only the supervisor, which stops all in order.
  const child = spawn(command, words, {
    cwd: plan.folder,
    env: plan.environment,
    detached: true,
    stdio: ['ignore', log, log, ...(plan.hasChannel ? (['ipc'] as const) : [])],
  });
  closeSync(log);
  state.child = child;
  watcher.onPid(plan.name, child.pid);
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => {
      watcher.onPid(plan.name, undefined);
      resolve(signal ?? `exit ${code}`);
    });
  });
}

async function waitUntilReady(plan: ProcessPlan, state: State): Promise<void> {
  const until = performance.now() + readyDeadlineMs;
  while (performance.now() < until && !state.isStopping) {
    if (await plan.isReady()) return;
    if (state.exits >= earlyExits)
      throw new EnvironmentFault(`E921 ${plan.name} does not start: ${lastWords(plan.logFile)}`);
    await delay(pollMs);
  }
  const seconds = readyDeadlineMs / 1000;
  throw new EnvironmentFault(`E921 ${plan.name} was not ready within ${seconds} s: ${lastWords(plan.logFile)}`);
}

async function killOne(
  name: string,
  { child, signal }: { child: ChildProcess | undefined; signal: NodeJS.Signals },
): Promise<void> {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<true>((resolve) => child.once('exit', () => resolve(true)));
  child.kill(signal);
  const waiting = new AbortController();
  const isGone = await Promise.race([gone, delay(killDeadlineMs, false, { signal: waiting.signal })]);
  waiting.abort();
  if (!isGone) throw new EnvironmentFault(`E921 ${name} is still there ${killDeadlineMs / 1000} s after ${signal}.`);
}
