import type { Delivery } from './delivery.ts';
import type { KubernetesObject, Workload } from './objects.ts';
import { readObject } from './objects.ts';
import type { Repository } from './repository.ts';

/** A Rollout of Argo Rollouts, as far as it is looked at. */
export interface Rollout extends Workload {
  status?: Workload['status'] & {
    phase?: string;
    message?: string;
    abort?: boolean;
    /** The hash of the pods that serve, and of the newest. */
    stableRS?: string;
    currentPodHash?: string;
    currentStepIndex?: number;
    canary?: { stablePingPong?: 'ping' | 'pong'; currentStepAnalysisRunStatus?: { name: string; status: string } };
  };
}

/**
 * A canary is judged for 5 minutes: ten measurements, one every 30 s. Here one every second, by the number in the clone's own
 * chart; all else stays.
 */
export function shortenCanaries(repository: Repository): void {
  repository.edit('charts/analysis.ts', (text) => text.replace('intervalSeconds = 30;', 'intervalSeconds = 1;'));
  repository.edit('charts/rollout.ts', (text) => text.replace('settleSeconds = 60;', 'settleSeconds = 5;'));
}

/** Prod changes at certain hours only; a test runs at any. */
export function openWindows(repository: Repository): void {
  repository.edit('catalog/platform.prod.json', (text) => {
    const { delivery, ...others } = JSON.parse(text) as { delivery: Record<string, unknown> };
    const { releaseWindows: _taken, ...open } = delivery;
    return `${JSON.stringify({ ...others, delivery: open }, null, 2)}\n`;
  });
}

export async function rollout({ cluster }: Delivery, service: string): Promise<Rollout> {
  const path = `/apis/argoproj.io/v1alpha1/namespaces/${service}/rollouts/${service}-api`;
  const found = await readObject<Rollout>(cluster.api, path);
  if (!found) throw new Error(`there is no Rollout ${service}-api`);
  return found;
}

/** How the load balancer shares requests out: weights in percent, by target service. */
export async function weights({ cluster }: Delivery, service: string): Promise<Record<string, number>> {
  const path = `/apis/networking.k8s.io/v1/namespaces/${service}/ingresses/${service}`;
  const ingress = await readObject<KubernetesObject>(cluster.api, path);
  const action = ingress?.metadata.annotations?.[`alb.ingress.kubernetes.io/actions.${service}-api`] ?? '{}';
  const { ForwardConfig } = JSON.parse(action) as {
    ForwardConfig?: { TargetGroups: { ServiceName: string; Weight?: number }[] };
  };
  return Object.fromEntries((ForwardConfig?.TargetGroups ?? []).map((each) => [each.ServiceName, each.Weight ?? 0]));
}

/** What the canary's pods are said to answer, by name of the metric; null: nothing was asked of them. */
export async function setMetric({ cluster }: Delivery, name: string, value: number | null): Promise<void> {
  const response = await fetch(`${cluster.outside}/metrics/${name}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ value }),
  });
  if (!response.ok) throw new Error(`metric ${name}: ${response.status} ${await response.text()}`);
}
