import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import type { Platform } from '@millrace/catalog/platform.ts';
import type { ProcessPlan } from './child.ts';
import type { ProcessName, Workplace } from './process-names.ts';
import { answersHttp } from './ready.ts';
import type { ServedArgo } from './served-argo.ts';
import { kubeconfigFile } from './users.ts';

export const simulationPorts = ['fargate', 'proxy', 'outside'] as const;
type Ports = Record<(typeof simulationPorts)[number], number>;

const heap = '--max-old-space-size=256';

/** Where the two programs of ours answer, and what they keep. */
export const controlUrl = (ports: Ports): string => `http://127.0.0.1:${ports.fargate}`;
export const outsideUrl = (ports: Ports): string => `http://127.0.0.1:${ports.outside}`;
export const proxyUrl = (ports: Ports): string => `http://127.0.0.1:${ports.proxy}`;
const outsideFolder = (folder: string): string => join(folder, 'outside');

/** The simulated Fargate: scheduler, nodes and the autoscalers in one. */
export function fargatePlan(facts: {
  folder: string;
  state: string;
  workplace: Workplace;
  environment: EnvironmentName;
  ports: Ports;
}): ProcessPlan<ProcessName> {
  return {
    ...facts.workplace('fargate'),
    program: process.execPath,
    hasChannel: true,
    words: [
      heap,
      join(import.meta.dirname, 'fargate/main.ts'),
      ...['--kubeconfig', kubeconfigFile(facts.folder, 'admin')],
      ...['--environment', facts.environment],
      ...['--folder', join(facts.state, 'fargate')],
      ...['--port', String(facts.ports.fargate)],
    ],
    isReady: () => answersHttp(`${controlUrl(facts.ports)}/readyz`),
  };
}

/** The world outside: the Git host and the metrics of the platform contract, answered from this machine. */
export function outsidePlan(facts: {
  folder: string;
  workplace: Workplace;
  platform: Platform;
  argo: ServedArgo;
  /** The repository that it serves. */
  served: string;
  ports: Ports;
}): ProcessPlan<ProcessName> {
  const { platform, ports } = facts;
  return {
    ...facts.workplace('outside'),
    program: process.execPath,
    hasChannel: true,
    words: [
      heap,
      join(import.meta.dirname, 'outside/main.ts'),
      ...['--repository-url', facts.argo.repositoryUrl],
      ...['--repository-path', facts.served],
      ...['--metrics-url', platform.telemetry.metricsUrl],
      ...['--folder', outsideFolder(facts.folder)],
      ...['--port', String(ports.proxy)],
      ...['--control-port', String(ports.outside)],
    ],
    isReady: () => answersHttp(`${outsideUrl(ports)}/healthz`),
  };
}

/** The variables by which a program reaches the world outside, and nothing but it. Written once the outside is ready. */
export function outsideVariables(folder: string): Record<string, string> {
  const text = readFileSync(join(outsideFolder(folder), 'outside.json'), 'utf8');
  return (JSON.parse(text) as { environment: Record<string, string> }).environment;
}
