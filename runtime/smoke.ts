import { setTimeout as pause } from 'node:timers/promises';
import { workloadHost } from '@millrace/catalog/names.ts';
import type { Service } from '@millrace/catalog/service.ts';
import type { Log } from './log.ts';

/** Where a workload says whether it is ready. */
export interface SmokeTarget {
  workload: string;
  url: string;
}

/** What became of asking one workload; `last` is what it, or the network, said at the end. */
export interface SmokeAnswer extends SmokeTarget {
  isReady: boolean;
  attempts: number;
  waitedMs: number;
  last: string;
}

interface Limits {
  /** After it no attempt begins: a release waits so long, and for one answer more. */
  deadlineMs: number;
  /** Between two attempts. */
  pauseMs: number;
  /** For one answer. */
  answerMs: number;
}

const usual: Limits = { deadlineMs: 90_000, pauseMs: 1_000, answerMs: 5_000 };
const longestAnswer = 200;

/** The address of each workload of a service inside the cluster: through its Service, as other services call it. */
export const smokeTargets = ({ name, workloads }: Service, port: number): SmokeTarget[] =>
  Object.keys(workloads).map((workload) => ({
    workload,
    url: `http://${workloadHost(name, workload)}:${port}/readyz`,
  }));

/** Asks each target until it is ready or the time is over; all at once, for a service has few workloads. */
export async function smoke(
  targets: readonly SmokeTarget[],
  limits: Partial<Limits> = {},
): Promise<readonly SmokeAnswer[]> {
  return Promise.all(targets.map((target) => askUntilReady(target, { ...usual, ...limits })));
}

/** The workload `smoke`: prints what every workload answered; exit code 1 and one line with the reason when one is not ready. */
export async function runSmoke(
  service: Service,
  facts: { port: number; log: Log; limits?: Partial<Limits> },
): Promise<void> {
  const answers = await smoke(smokeTargets(service, facts.port), facts.limits);
  for (const answer of answers) facts.log.info(answer, answer.isReady ? 'ready' : 'not ready');
  const silent = answers.filter(({ isReady }) => !isReady);
  if (silent.length === 0) return;
  const reasons = silent.map(
    ({ workload, url, attempts, waitedMs, last }) =>
      `${service.name}/${workload} at ${url} was not ready in ${attempts} attempts over ${waitedMs} ms, last: ${last}`,
  );
  process.stderr.write(`smoke: ${reasons.join('; ')}\n`);
  process.exitCode = 1;
}

async function askUntilReady(target: SmokeTarget, limits: Limits): Promise<SmokeAnswer> {
  const startedAt = performance.now();
  const waitedMs = (): number => Math.round(performance.now() - startedAt);
  const mostAttempts = Math.ceil(limits.deadlineMs / limits.pauseMs) + 1;
  let last = 'nothing';
  let attempts = 0;
  while (attempts < mostAttempts && waitedMs() < limits.deadlineMs) {
    if (attempts > 0) await pause(limits.pauseMs);
    attempts += 1;
    const answer = await ask(target.url, limits.answerMs);
    last = answer.said;
    if (answer.isReady) return { ...target, isReady: true, attempts, waitedMs: waitedMs(), last };
  }
  return { ...target, isReady: false, attempts, waitedMs: waitedMs(), last };
}

async function ask(url: string, timeoutMs: number): Promise<{ isReady: boolean; said: string }> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' });
    const text = (await response.text()).replaceAll(/\s+/g, ' ').trim().slice(0, longestAnswer);
    return { isReady: response.status === 200, said: `${response.status} ${text}`.trim() };
  } catch (error) {
    return { isReady: false, said: networkFault(error) };
  }
}

/** `fetch` says only that it failed; why stands in the cause. */
function networkFault(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? cause.message || String(Reflect.get(cause, 'code')) : error.message;
}
