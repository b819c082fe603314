import type { EnvironmentName } from './environments.ts';
import { perEnvironment } from './environments.ts';
import type { SizeName } from './fargate.ts';
import type { platformNamespaces } from './profiles.ts';

/** Pods of an add-on that are alike. */
export interface AddOnPods {
  name: string;
  replicas: Record<EnvironmentName, number>;
  /** What Fargate bills; its own 256 MiB included. */
  size: SizeName;
  /** Why there is never more than one. */
  single?: string;
}

/** Who an add-on is in AWS: a Kubernetes service account with a role of its own (IRSA). */
export interface AddOnIdentity {
  /** The key in the platform contract's `addOns`; the role's name ends in it. */
  name: string;
  serviceAccount: string;
}

/** What a cluster runs beside the services, each from a Helm chart of a fixed version that Argo CD applies. */
export interface AddOn {
  name: string;
  purpose: string;
  namespace: (typeof platformNamespaces)[number];
  chart: { repository: string; name: string; version: string };
  /** The image's tag, where it is not the chart's own. */
  imageTag?: string;
  pods: readonly AddOnPods[];
  identity?: AddOnIdentity;
  /** Where chart and versions were read. */
  source: string;
}

const smallest: SizeName = '0.25 vCPU / 0.5 GB';

/**
 * Every add-on of every cluster. All run on Fargate, so nothing here is a DaemonSet. Versions and values were read from the
 * charts' own repositories and registries' pages in November 2026; Renovate raises them.
 */
export const addOns: readonly AddOn[] = [
  {
    name: 'argo-cd',
    purpose: 'Applies what stands in Git, itself included.',
    namespace: 'argocd',
    chart: { repository: 'https://argoproj.github.io/argo-helm', name: 'argo-cd', version: '9.3.5' },
    imageTag: 'v3.2.11',
    pods: [
      {
        name: 'application-controller',
        replicas: perEnvironment(1, 1, 1),
        size: '0.5 vCPU / 2 GB',
        single: 'It works alone on a cluster; Kubernetes starts it again and it goes on where it was.',
      },
      { name: 'repo-server', replicas: perEnvironment(1, 1, 2), size: '0.5 vCPU / 1 GB' },
      { name: 'server', replicas: perEnvironment(1, 1, 2), size: smallest },
      { name: 'applicationset-controller', replicas: perEnvironment(1, 1, 1), size: smallest, single: 'As above.' },
      { name: 'notifications-controller', replicas: perEnvironment(1, 1, 1), size: smallest, single: 'As above.' },
      {
        name: 'redis',
        replicas: perEnvironment(1, 1, 1),
        size: smallest,
        single: 'A cache: without it Argo CD is slower until it is back.',
      },
    ],
    identity: { name: 'argocd-notifications', serviceAccount: 'argocd-notifications-controller' },
    source: 'argoproj/argo-helm argo-cd-9.3.5 (Argo CD 3.2); the image is the last patch of 3.2 that the tests run',
  },
  {
    name: 'aws-load-balancer-controller',
    purpose: 'Makes load balancers of Ingresses, and pods ready only when they are in them.',
    namespace: 'kube-system',
    chart: { repository: 'https://aws.github.io/eks-charts', name: 'aws-load-balancer-controller', version: '3.4.2' },
    pods: [{ name: 'controller', replicas: perEnvironment(1, 2, 2), size: smallest }],
    identity: { name: 'aws-load-balancer-controller', serviceAccount: 'aws-load-balancer-controller' },
    source: 'aws/eks-charts v0.0.240, aws-load-balancer-controller v3.4.2',
  },
  {
    name: 'metrics-server',
    purpose: 'Says how much CPU pods use, which HorizontalPodAutoscalers ask.',
    namespace: 'kube-system',
    chart: {
      repository: 'https://kubernetes-sigs.github.io/metrics-server',
      name: 'metrics-server',
      version: '3.13.1',
    },
    pods: [{ name: 'metrics-server', replicas: perEnvironment(1, 2, 2), size: smallest }],
    source: 'sigs.k8s.io/metrics-server v0.9.0, charts/metrics-server (metrics-server 0.8.1)',
  },
  {
    name: 'keda',
    purpose: 'Scales consumers on the depth of their queues.',
    namespace: 'keda',
    chart: { repository: 'https://kedacore.github.io/charts', name: 'keda', version: '2.20.2' },
    pods: [
      { name: 'operator', replicas: perEnvironment(1, 1, 2), size: smallest },
      { name: 'metrics-apiserver', replicas: perEnvironment(1, 1, 2), size: smallest },
      { name: 'admission-webhooks', replicas: perEnvironment(1, 1, 2), size: smallest },
    ],
    identity: { name: 'keda', serviceAccount: 'keda-operator' },
    source: 'kedacore/charts v2.20.2 (KEDA 2.20.2)',
  },
  {
    name: 'argo-rollouts',
    purpose: 'Shifts requests to a new version step by step, and back.',
    namespace: 'argo-rollouts',
    chart: { repository: 'https://argoproj.github.io/argo-helm', name: 'argo-rollouts', version: '2.42.0' },
    imageTag: 'v1.10.1',
    pods: [{ name: 'controller', replicas: perEnvironment(1, 1, 2), size: smallest }],
    identity: { name: 'argo-rollouts', serviceAccount: 'argo-rollouts' },
    source: 'argoproj/argo-helm argo-rollouts-2.42.0; the image is the version that the tests run',
  },
  {
    name: 'adot-collector',
    purpose: "Scrapes metrics into Amazon's Prometheus and sends traces to X-Ray.",
    namespace: 'opentelemetry',
    chart: {
      repository: 'https://open-telemetry.github.io/opentelemetry-helm-charts',
      name: 'opentelemetry-collector',
      version: '0.166.0',
    },
    imageTag: 'v0.49.0',
    pods: [
      {
        name: 'collector',
        replicas: perEnvironment(1, 1, 1),
        size: '0.5 vCPU / 1 GB',
        single: 'Two would scrape each pod twice.',
      },
    ],
    identity: { name: 'adot-collector', serviceAccount: 'adot-collector' },
    source:
      'open-telemetry/opentelemetry-helm-charts opentelemetry-collector-0.166.0; aws-observability/aws-otel-collector v0.49.0',
  },
];

/** The add-ons that AWS knows, with who they are. */
export const addOnIdentities: readonly (AddOnIdentity & { namespace: AddOn['namespace'] })[] = addOns.flatMap(
  ({ identity, namespace }) => (identity ? [{ ...identity, namespace }] : []),
);
