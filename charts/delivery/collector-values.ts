import type { AddOnPlace } from './add-on-facts.ts';
import { podValues, serviceAccountValues } from './add-on-facts.ts';

const scrapeSeconds = 30;
/** A user that the image and no host knows. */
const userId = 10_001;

/**
 * One collector for the cluster: it takes traces for X-Ray, and scrapes every pod that says so into Amazon's Prometheus.
 * Source: open-telemetry/opentelemetry-helm-charts, charts/opentelemetry-collector; the image is AWS's distribution.
 */
export function collectorValues(place: AddOnPlace): object {
  const pods = podValues(place, 'collector');
  const off = { enabled: false };
  return {
    mode: 'deployment',
    // Its Service is telemetry.otlpEndpoint of the platform contract.
    fullnameOverride: new URL(place.platform.telemetry.otlpEndpoint).hostname.split('.')[0],
    image: { repository: 'public.ecr.aws/aws-observability/aws-otel-collector', tag: place.addOn.imageTag },
    command: { name: 'awscollector' },
    replicaCount: pods.replicas,
    resources: pods.resources,
    serviceAccount: serviceAccountValues(place),
    clusterRole: {
      create: true,
      rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }],
    },
    ports: { 'jaeger-compact': off, 'jaeger-thrift': off, 'jaeger-grpc': off, zipkin: off },
    podSecurityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    securityContext: {
      runAsUser: userId,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    // The whole configuration: the chart's own would be merged into it otherwise.
    alternateConfig: configOf(place),
  };
}

function configOf({ platform }: AddOnPlace): object {
  const { region, telemetry } = platform;
  // The collector puts its own address in.
  const pod = `$${'{env:MY_POD_IP}'}`;
  return {
    extensions: {
      health_check: { endpoint: `${pod}:13133` },
      sigv4auth: { region, service: 'aps' },
    },
    receivers: {
      otlp: { protocols: { grpc: { endpoint: `${pod}:4317` }, http: { endpoint: `${pod}:4318` } } },
      prometheus: { config: { global: { scrape_interval: `${scrapeSeconds}s` }, scrape_configs: [podScrape] } },
    },
    processors: {
      memory_limiter: { check_interval: '1s', limit_percentage: 80, spike_limit_percentage: 25 },
      batch: {},
    },
    exporters: {
      awsxray: { region },
      prometheusremotewrite: {
        endpoint: `${telemetry.metricsUrl}/api/v1/remote_write`,
        auth: { authenticator: 'sigv4auth' },
      },
    },
    service: {
      extensions: ['health_check', 'sigv4auth'],
      pipelines: {
        traces: { receivers: ['otlp'], processors: ['memory_limiter', 'batch'], exporters: ['awsxray'] },
        metrics: {
          receivers: ['otlp', 'prometheus'],
          processors: ['memory_limiter', 'batch'],
          exporters: ['prometheusremotewrite'],
        },
      },
    },
  };
}

const pod = (name: string): string => `__meta_kubernetes_pod_${name}`;

/**
 * Pods say by annotations that and where they are scraped (charts/workload.ts). The labels kept are those that the analysis of
 * a canary asks for (charts/analysis.ts).
 */
const podScrape = {
  job_name: 'pods',
  kubernetes_sd_configs: [{ role: 'pod' }],
  relabel_configs: [
    { source_labels: [pod('annotation_prometheus_io_scrape')], action: 'keep', regex: 'true' },
    { source_labels: [pod('phase')], action: 'keep', regex: 'Running' },
    {
      source_labels: [pod('ip'), pod('annotation_prometheus_io_port')],
      separator: ':',
      target_label: '__address__',
    },
    { source_labels: [pod('annotation_prometheus_io_path')], target_label: '__metrics_path__', regex: '(.+)' },
    { source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
    { source_labels: [pod('name')], target_label: 'pod' },
    {
      action: 'labelmap',
      regex: pod('label_(app_kubernetes_io_name|app_kubernetes_io_component|rollouts_pod_template_hash)'),
    },
  ],
};
