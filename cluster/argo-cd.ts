import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProcessPlan } from './child.ts';
import type { ProcessName, Workplace } from './process-names.ts';
import { answersHttp, isListening } from './ready.ts';
import { kubeconfigFile } from './users.ts';

/** What Argo CD's programs need to know. */
export interface ArgoCdFacts {
  folder: string;
  workplace: Workplace;
  programs: { argocd: string; redis: string };
  ports: Record<ArgoCdPort, number>;
  redisPassword: string;
  reconcileSeconds: number;
  /** The variables by which a program reaches the outside world through the proxy. */
  outside: Record<string, string>;
}

export const argoCdPorts = [
  'redis',
  'repoServer',
  'repoServerMetrics',
  'controllerMetrics',
  'applicationSetMetrics',
  'applicationSetProbe',
  'applicationSetWebhook',
  'server',
  'serverMetrics',
] as const;
export type ArgoCdPort = (typeof argoCdPorts)[number];

/** Argo CD's cache. It holds nothing that must stay, so it writes nothing to the disk. */
export function redisPlan({
  workplace,
  programs,
  ports,
  redisPassword,
}: Omit<ArgoCdFacts, 'outside'>): ProcessPlan<ProcessName> {
  return {
    ...workplace('redis'),
    program: programs.redis,
    // Only what Redis, Valkey and the tiny one that takes their place all understand.
    words: [
      ...['--bind', '127.0.0.1', '--port', String(ports.redis), '--requirepass', redisPassword],
      ...['--save', '', '--appendonly', 'no', '--daemonize', 'no'],
    ],
    isReady: () => isListening(ports.redis),
  };
}

/** Fewer rounds of Go's collector, which cost more than memory on two processors, and a bound to what it may let grow. */
const controllerMemory = { GOGC: '300', GOMEMLIMIT: '500MiB' };

/** One binary is each of them: a variable says which. */
export function argoCdPlans(facts: ArgoCdFacts): ProcessPlan<ProcessName>[] {
  return [repoServer(facts), applicationController(facts), applicationSetController(facts)];
}

function repoServer(facts: ArgoCdFacts): ProcessPlan<ProcessName> {
  const { ports } = facts;
  const plan = argoCdPlan(facts, 'argocd-repo-server');
  return {
    ...plan,
    words: [
      '--address=127.0.0.1',
      `--port=${ports.repoServer}`,
      '--metrics-address=127.0.0.1',
      `--metrics-port=${ports.repoServerMetrics}`,
      '--disable-tls',
      `--redis=127.0.0.1:${ports.redis}`,
    ],
    environment: { ...plan.environment, ...facts.outside, ARGOCD_ASK_PASS_SOCK: askPassSocket(facts.folder) },
    isReady: () => answersHttp(`http://127.0.0.1:${ports.repoServerMetrics}/healthz?full=true`),
  };
}

function applicationController(facts: ArgoCdFacts): ProcessPlan<ProcessName> {
  const { ports } = facts;
  const plan = argoCdPlan(facts, 'argocd-application-controller');
  return {
    ...plan,
    environment: { ...plan.environment, ...controllerMemory },
    words: [
      `--kubeconfig=${kubeconfigFile(facts.folder, 'argocd-application-controller')}`,
      `--repo-server=127.0.0.1:${ports.repoServer}`,
      '--repo-server-plaintext',
      `--redis=127.0.0.1:${ports.redis}`,
      `--metrics-port=${ports.controllerMetrics}`,
    ],
    isReady: () => answersHttp(`http://127.0.0.1:${ports.controllerMetrics}/healthz`),
  };
}

function applicationSetController(facts: ArgoCdFacts): ProcessPlan<ProcessName> {
  const { ports } = facts;
  return {
    ...argoCdPlan(facts, 'argocd-applicationset-controller'),
    words: [
      `--argocd-repo-server=127.0.0.1:${ports.repoServer}`,
      '--repo-server-plaintext',
      `--metrics-addr=127.0.0.1:${ports.applicationSetMetrics}`,
      `--probe-addr=127.0.0.1:${ports.applicationSetProbe}`,
      `--webhook-addr=127.0.0.1:${ports.applicationSetWebhook}`,
    ],
    isReady: () => isListening(ports.applicationSetProbe),
  };
}

/** What Argo CD's command line speaks to. The module brings no built web page, so it has none. */
export function argoCdServerPlan(facts: ArgoCdFacts): ProcessPlan<ProcessName> {
  const { ports } = facts;
  return {
    ...argoCdPlan(facts, 'argocd-server'),
    words: [
      '--address=127.0.0.1',
      `--port=${ports.server}`,
      '--metrics-address=127.0.0.1',
      `--metrics-port=${ports.serverMetrics}`,
      `--repo-server=127.0.0.1:${ports.repoServer}`,
      '--repo-server-plaintext',
      `--redis=127.0.0.1:${ports.redis}`,
      // It changes nothing but this simulation, and only this machine reaches it.
      '--insecure',
      '--disable-auth',
    ],
    isReady: () => answersHttp(`http://127.0.0.1:${ports.server}/healthz`),
  };
}

type ArgoCdProgram = Extract<ProcessName, `argocd-${string}`>;

function argoCdPlan(facts: ArgoCdFacts, name: ArgoCdProgram): Omit<ProcessPlan<ProcessName>, 'words' | 'isReady'> {
  const place = facts.workplace(name);
  const empty = (folder: string): string => {
    const path = join(facts.folder, 'argocd', folder);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const user = name === 'argocd-repo-server' ? undefined : name;
  return {
    ...place,
    program: facts.programs.argocd,
    environment: {
      ...place.environment,
      ARGOCD_BINARY_NAME: name,
      // The address of "this cluster" then comes from KUBECONFIG.
      ARGOCD_FAKE_IN_CLUSTER: 'true',
      ...(user && { KUBECONFIG: kubeconfigFile(facts.folder, user) }),
      ARGOCD_GPG_ENABLED: 'false',
      ARGOCD_APP_CONF_PATH: empty('configuration'),
      ARGOCD_SSH_DATA_PATH: empty('ssh'),
      ARGOCD_TLS_DATA_PATH: empty('tls'),
      REDIS_PASSWORD: facts.redisPassword,
      ARGOCD_RECONCILIATION_TIMEOUT: `${facts.reconcileSeconds}s`,
      ARGOCD_RECONCILIATION_JITTER: '0s',
      ARGOCD_APPLICATIONSET_CONTROLLER_REQUEUE_AFTER: `${facts.reconcileSeconds}s`,
    },
  };
}

/** The address of a socket may have 107 characters at most, so it does not lie in the cluster's folder. */
export const askPassSocket = (folder: string): string =>
  join(tmpdir(), `millrace-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}.sock`);
