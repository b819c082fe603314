import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { get } from 'node:http';
import { constants, setPriority } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { MachineFault } from './fault.ts';
import type { LogFile } from './log-file.ts';

const firstBackOffMs = 50;
const maxBackOffMs = 5_000;
const healthyMs = 10_000;
const pollMs = 40;
const pollTimeoutMs = 1_000;
const readyDeadlineMs = 60_000;
const earlyExits = 3;
const runDeadlineMs = 180_000;
const lastLineChars = 500;
const lastWordsMs = 500;

/** How to run one process. */
export interface ProcessPlan {
  name: string;
  /** Arguments of Node, the script included. */
  args: readonly string[];
  env: Record<string, string>;
  /** Answers 200 when the process is ready. */
  readyUrl: string;
  /** Nobody waits for its work: it yields the processor to the others. In the cloud each has its own. */
  isBackground?: boolean;
}

export interface Watcher {
  /** A process has another number, or none. */
  onPid(name: string, pid: number | undefined): void;
  onNote(line: string): void;
}

/** A process that is started again whenever it ends. */
export interface Child {
  name: string;
  /** Waits until it answers. @throws MachineFault when it ends again and again before that. */
  ready(): Promise<void>;
  /** SIGTERM, and SIGKILL when it is still there after so long. */
  stop(graceMs: number): Promise<void>;
}

/** Runs a process, writes what it says to its log and starts it again when it ends: at once, then after growing pauses. */
export function superviseChild(plan: ProcessPlan, log: LogFile, watcher: Watcher): Child {
  const state: State = {
    isStopping: false,

    exits: 0,
    lastLine: '',
    child: undefined,
  };
  const loop = async (): Promise<void> => {
    let backOffMs = 0;
    while (!state.isStopping) {
      const startedAt = Date.now();
      const how = await runOnce(plan, log, state, watcher);
      if (state.isStopping) return;
      state.exits += 1;
      watcher.onNote(
        `${plan.name} ended (${how}); it starts again.${state.lastLine && ` Last words: ${state.lastLine}`}`,
      );
      backOffMs = Date.now() - startedAt > healthyMs ? 0 : Math.min(maxBackOffMs, backOffMs * 2 || firstBackOffMs);
      if (backOffMs > 0) await delay(backOffMs);
    }
  };
  const ended = loop();
  return {
    name: plan.name,
    ready: () => waitUntilReady(plan, state),
    stop: async (graceMs) => {
      state.isStopping = true;
      state.child?.kill('SIGTERM');
      const timer = setTimeout(() => state.child?.kill('SIGKILL'), graceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

type State = { isStopping: boolean; lastLine: string; exits: number; child: ChildProcess | undefined };

function runOnce(plan: ProcessPlan, log: LogFile, state: State, watcher: Watcher): Promise<string> {
  // A session of its own, so that Ctrl-C reaches only the supervisor; the IPC channel tells the child when we are gone.
  const child = spawn(process.execPath, [...plan.args], {
    env: plan.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  state.child = child;
  if (plan.isBackground && child.pid) setPriority(child.pid, constants.priority.PRIORITY_LOW);
  watcher.onPid(plan.name, child.pid);
  child.stdout?.on('data', (bytes: Buffer) => log.write(bytes));
  child.stderr?.on('data', (bytes: Buffer) => {
    log.write(bytes);
    state.lastLine = tellingLine(bytes.toString('utf8')) ?? state.lastLine;
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => {
      watcher.onPid(plan.name, undefined);
      // What it said last may still be on its way, and a child of its own may hold the pipe open for ever.
      const end = (): void => resolve(signal ?? `exit ${code}`);
      child.once('close', end);
      setTimeout(end, lastWordsMs).unref();
    });
  });
}

/** The line that says why, among what a process wrote before it ended: not a stack, not Node's own name. */
function tellingLine(text: string): string | undefined {
  const lines = text.split('\n').map((line) => line.trim());
  const telling = lines.findLast((line) => /^(could not start:|[A-Za-z]*Error\b)/.test(line));
  const noise = /^(at |node:|Node\.js v|[\^{}\])]|throw |$)/;
  return (telling ?? lines.findLast((line) => !noise.test(line)))?.slice(0, lastLineChars);
}

async function waitUntilReady(plan: ProcessPlan, state: State): Promise<void> {
  const deadline = Date.now() + readyDeadlineMs;
  while (Date.now() < deadline && !state.isStopping) {
    if (await answers(plan.readyUrl)) return;
    if (state.exits >= earlyExits)
      throw new MachineFault(`${plan.name} does not start: ${state.lastLine || 'it said nothing'}`);
    await delay(pollMs);
  }
  throw new MachineFault(
    `${plan.name} was not ready after ${readyDeadlineMs / 1000} s: ${state.lastLine || 'see its log'}`,
  );
}

/** By node:http, because fetch would cost the supervisor 15 MB. */
function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = get(url, { agent: false, timeout: pollTimeoutMs }, (response) => {
      response.resume();
      resolve((response.statusCode ?? 500) < 400);
    });
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => resolve(false));
  });
}

/** Runs a process to its end. @throws MachineFault with its last words unless it ends with 0. */
export async function runToEnd(plan: Omit<ProcessPlan, 'readyUrl'>, log: LogFile, watcher: Watcher): Promise<void> {
  const state: State = { isStopping: false, lastLine: '', exits: 0, child: undefined };
  const timer = setTimeout(() => state.child?.kill('SIGKILL'), runDeadlineMs);
  const how = await runOnce({ ...plan, readyUrl: '' }, log, state, watcher);
  clearTimeout(timer);
  if (how !== 'exit 0') throw new MachineFault(`${plan.name} failed (${how}): ${state.lastLine || 'see its log'}`);
}
