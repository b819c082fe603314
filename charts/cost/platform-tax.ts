import { prices } from '@millrace/catalog/prices.ts';
import { hoursPerMonth, planPod } from '@millrace/fargate/plan.ts';
import { cents } from './money.ts';

/** One part of the platform itself: how many pods it has and what each asks for. */
export interface PlatformPart {
  name: string;
  namespace: string;
  pods: number;
  /** Empty when the upstream manifest asks for nothing: then Fargate gives its smallest size. */
  requests: { cpu?: string; memory?: string };
  source: string;
}

/**
 * What every cluster runs before the first service, read from the upstream manifests on `platformPartsAsOf`. Values of our
 * own that ask for more are to be written here too.
 */
export const platformParts: readonly PlatformPart[] = [
  {
    name: 'Argo CD',
    namespace: 'argocd',
    pods: 7,
    requests: {},
    source: 'argoproj/argo-cd manifests/install.yaml: 6 Deployments, 1 StatefulSet, no requests',
  },
  {
    name: 'CoreDNS',
    namespace: 'kube-system',
    pods: 2,
    requests: { cpu: '100m', memory: '70Mi' },
    source: 'EKS add-on coredns, default replicas and requests',
  },
  {
    name: 'AWS Load Balancer Controller',
    namespace: 'kube-system',
    pods: 2,
    requests: {},
    source: 'aws/eks-charts aws-load-balancer-controller: replicaCount 2, no requests',
  },
  {
    name: 'KEDA',
    namespace: 'keda',
    pods: 3,
    requests: { cpu: '100m', memory: '100Mi' },
    source: 'keda.sh, "Cluster": operator, metrics server, admission webhooks, 100m and 100Mi each',
  },
  {
    name: 'ADOT collector',
    namespace: 'opentelemetry',
    pods: 1,
    requests: { cpu: '200m', memory: '400Mi' },
    source: 'aws-otel.github.io, "Container Insights EKS Fargate": one StatefulSet of one pod, 200m and 400Mi',
  },
  {
    name: 'metrics-server',
    namespace: 'kube-system',
    pods: 1,
    requests: { cpu: '100m', memory: '200Mi' },
    source: 'kubernetes-sigs/metrics-server components.yaml',
  },
  {
    name: 'Argo Rollouts',
    namespace: 'argo-rollouts',
    pods: 1,
    requests: {},
    source: 'argoproj/argo-rollouts manifests/install.yaml: 1 Deployment, no requests',
  },
];
export const platformPartsAsOf = '2026-11-21';

/** A part with what Fargate bills for it. Money in whole US cents a month. */
export interface TaxLine {
  name: string;
  namespace: string;
  pods: number;
  size: string;
  monthCents: number;
  source: string;
}

/** What an environment costs before the first service runs. */
export function platformTax(parts: readonly PlatformPart[] = platformParts): TaxLine[] {
  const lines = parts.map(({ requests, ...part }) => {
    const plan = planPod({ containers: [{ name: part.name, resources: { requests } }] });
    return { ...part, size: plan.size, monthCents: cents(plan.usdPerMonth * part.pods) };
  });
  const { usd, source } = prices.eksClusterHour;
  const cluster = { name: 'EKS control plane', namespace: '–', pods: 0, size: '', source };
  return [...lines, { ...cluster, monthCents: cents(usd * hoursPerMonth) }];
}
