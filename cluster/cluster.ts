import { access, constants, mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { EnvironmentFault } from '@millrace/policies/environment-fault.ts';
import { readPlatform } from '@millrace/policies/platforms.ts';
import type { ApiClient } from '@millrace/policies/tools/api-client.ts';
import type { ApplicationState } from './applications.ts';
import { isDone, readApplications } from './applications.ts';
import { askPassSocket } from './argo-cd.ts';
import { watchBranch } from './branch-watch.ts';
import { Crew } from './crew.ts';
import { lockFolder } from './folder-lock.ts';
import type { ProcessName } from './process-names.ts';
import { findPrograms } from './programs.ts';
import { tellPush } from './push-notice.ts';
import { readServedArgo } from './served-argo.ts';
import { serveBranch } from './served-branch.ts';
import { controlUrl, outsideUrl, proxyUrl } from './simulation.ts';
import type { Start } from './start.ts';
import { choosePorts, startPrograms } from './start.ts';
import { kubeconfigFile } from './users.ts';

export interface ClusterOptions {
  environment: EnvironmentName;
  /** A working copy or a bare clone on this machine; it is served under the address that the platform contract names. */
  repository: string;
  /** The branch of it that is served as the contract's revision; the contract's own name unless said. */
  revision?: string;
  /** All state lies in `<dataDir>/cluster`. Two clusters need two of them. */
  dataDir: string;
  /** How often Argo CD looks at Git and at what runs by itself; 15 unless said. It is told of a push at once. */
  reconcileSeconds?: number;
  /** Whether Argo CD's server runs too, which only its command line needs; not unless said. */
  hasServer?: boolean;
  /** Progress and what started again, a line each. */
  note?: (line: string) => void;
  /** Asks to give up while it starts. */
  signal?: AbortSignal;
}

/** A running cluster. */
export interface Cluster {
  environment: EnvironmentName;
  api: ApiClient;
  apiServer: string;
  /** Path of the administrator's kubeconfig. */
  kubeconfig: string;
  /** Address of the simulated Fargate's control API. */
  control: string;
  /** Address of the outside world's control API. */
  outside: string;
  /** Address of the outside world's proxy. */
  proxy: string;
  /** Address of Argo CD's server, where it runs. */
  argocd: string | undefined;
  repository: string;
  /** Where everything lies; `logs/<process>.log` in it. */
  folder: string;
  pids(): Partial<Record<ProcessName, number>>;
  /** SIGKILL unless said; resolves when that process is gone. It is started again by itself. */
  kill(name: ProcessName, signal?: NodeJS.Signals): Promise<void>;
  applications(): Promise<ApplicationState[]>;
  /** Asks until there is something. @throws EnvironmentFault at the deadline, 60 s unless said. */
  waitFor<Found>(what: string, find: () => Promise<Found | undefined>, deadlineMs?: number): Promise<Found>;
  /** Until Applications run what stands in Git: those named, or else all, the root among them. */
  waitForHealthy(options?: HealthyOptions): Promise<ApplicationState[]>;
  /** Stops all in order; what is on disk stays. */
  stop(): Promise<void>;
}

export interface HealthyOptions {
  names?: readonly string[];
  /** The commit that they shall run. */
  revision?: string;
  deadlineMs?: number;
}

const standardReconcileSeconds = 15;
const waitDeadlineMs = 60_000;
const pollMs = 200;
/** Whoever gives work ends before who takes it. */
const stopOrder: readonly (readonly ProcessName[])[] = [
  ['argo-rollouts', 'argocd-application-controller', 'argocd-applicationset-controller', 'argocd-server'],
  ['argocd-repo-server', 'redis', 'outside'],
  ['fargate', 'kube-controller-manager'],
  ['kube-apiserver'],
  ['etcd'],
];

/**
 * Starts a control plane, the simulated Fargate, the outside world, Argo CD and Argo Rollouts, and applies the root
 * Application. It does not wait until that is synced. @throws EnvironmentFault with the remedy.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const note = options.note ?? (() => undefined);
  const signal = options.signal ?? new AbortController().signal;
  const folder = join(resolve(options.dataDir), 'cluster');
  await prepareFolder(folder);
  const lock = await lockFolder(folder);
  const crew = new Crew<ProcessName>(folder, note);
  let watch: { stop(): void } | undefined;
  const stop = async (): Promise<void> => {
    watch?.stop();
    await crew.stop(stopOrder);
    await rm(askPassSocket(folder), { force: true });
    lock.release();
  };
  try {
    const left = await crew.clear();
    if (left.length > 0) note(`ended what an earlier run left: ${left.join(', ')}`);
    const platform = readPlatform(options.environment);
    const branch = {
      repository: resolve(options.repository),
      branch: options.revision ?? platform.delivery.revision,
    };
    const argo = await readServedArgo(branch, options.environment);
    const served = await serveBranch(branch, { name: argo.revision, folder });
    const start: Start = {
      ...{ folder, crew, note, signal, platform, branch, argo },
      served: served.repository,
      environment: options.environment,
      programs: await findPrograms(),
      ports: await choosePorts(),
      reconcileSeconds: options.reconcileSeconds ?? standardReconcileSeconds,
      hasServer: options.hasServer ?? false,
    };
    const api = await Promise.race([startPrograms(start), whenAborted(signal)]);
    const onCommit = async (commit: string): Promise<void> => {
      await served.show(commit);
      await tellPush(api);
    };
    watch = await watchBranch(branch, { onCommit, note });
    const cluster = clusterOf(start, { api, stop });
    const { environment, apiServer, kubeconfig, control, outside, proxy, repository } = cluster;
    await crew.announce({ environment, apiServer, kubeconfig, control, outside, proxy, repository });
    return cluster;
  } catch (error) {
    await stop();
    throw error;
  }
}

function clusterOf(start: Start, { api, stop }: { api: ApiClient; stop: () => Promise<void> }): Cluster {
  const { folder, ports, crew } = start;
  const applications = (): Promise<ApplicationState[]> => readApplications(api);
  return {
    environment: start.environment,
    api,
    apiServer: `https://127.0.0.1:${ports.api}`,
    kubeconfig: kubeconfigFile(folder, 'admin'),
    control: controlUrl(ports),
    outside: outsideUrl(ports),
    proxy: proxyUrl(ports),
    argocd: start.hasServer ? `127.0.0.1:${ports.server}` : undefined,
    repository: start.branch.repository,
    folder,
    pids: () => crew.pids(),
    kill: (name, signal = 'SIGKILL') => crew.kill(name, signal),
    applications,
    waitFor,
    waitForHealthy: (options = {}) => waitForHealthy(applications, options),
    stop,
  };
}

async function waitForHealthy(
  read: () => Promise<ApplicationState[]>,
  { names, revision, deadlineMs }: HealthyOptions,
): Promise<ApplicationState[]> {
  let last = '';
  const find = async (): Promise<ApplicationState[] | undefined> => {
    const states = (await read()).filter(({ name }) => names === undefined || names.includes(name));
    const missing = (names ?? ['root']).filter((name) => !states.some((state) => state.name === name));
    const open = states.filter((state) => !isDone(state, revision));
    last = [...missing.map((name) => `${name} is missing`), ...open.map(describe)].join(', ');
    // The root alone says nothing: its Applications come a moment later.
    return last === '' && (names !== undefined || states.length > 1) ? states : undefined;
  };
  return waitFor('Applications', find, deadlineMs).catch((error: unknown) => {
    throw error instanceof EnvironmentFault && last
      ? new EnvironmentFault(`${error.message} Still open: ${last}`)
      : error;
  });
}

const describe = ({ name, sync, health, revision, message }: ApplicationState): string =>
  `${name} ${sync} ${health} ${revision.slice(0, 7)}${message && ` (${message.slice(0, 300)})`}`;

async function waitFor<Found>(
  what: string,
  find: () => Promise<Found | undefined>,
  deadlineMs = waitDeadlineMs,
): Promise<Found> {
  const until = performance.now() + deadlineMs;
  let last = '';
  while (performance.now() < until) {
    try {
      const found = await find();
      if (found !== undefined) return found;
      last = '';
    } catch (error) {
      last = ` ${error instanceof Error ? error.message : String(error)}`;
    }
    await delay(pollMs);
  }
  throw new EnvironmentFault(`E924 ${what}: not as wished within ${deadlineMs / 1000} s.${last}`);
}

async function prepareFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new EnvironmentFault(`E920 ${folder} cannot be written (${code}). Set DATA_DIR to another folder.`);
  }
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
}
