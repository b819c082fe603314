import { queueName } from '@millrace/catalog/names.ts';
import { Duration } from 'cdk8s';
import { HorizontalPodAutoscaler, Metric, MetricTarget } from 'cdk8s-plus-29';
import { addCustomResource } from './custom-resources.ts';
import type { Place } from './place.ts';
import { metadataOf } from './place.ts';
import type { DeployedSlice } from './workload.ts';
import { scalerOf } from './workload.ts';

const pollSeconds = 15;
/** A pod of Fargate takes a minute to come, so none goes for a lull of seconds. */
const coolSeconds = 300;
/** After so many failures to read the queues KEDA runs the least number of replicas and not none. */
const maxFailures = 3;

/** Adds what keeps the number of a workload's replicas: CPU for APIs, the depth of its queues for consumers. */
export function addScaling(place: Place, name: string, slices: readonly DeployedSlice[]): void {
  const { scaleOn } = place.service.workloads[name] ?? {};
  if (!scaleOn || !scalerOf(place.service, name)) return;
  for (const slice of slices) {
    if ('cpuPercent' in scaleOn) addCpuScaling(place, { name, slice, cpuPercent: scaleOn.cpuPercent });
    else addQueueScaling(place, { name, slice, queueDepth: scaleOn.queueDepth * slices.length });
  }
}

/** KEDA reads the depth of queues with its own role, which may do nothing else; it cannot take the service's. */
export function addTriggerAuthentication(place: Place): void {
  const { name, workloads } = place.service;
  if (!Object.keys(workloads).some((workload) => scalerOf(place.service, workload) === 'ScaledObject')) return;
  addCustomResource(place.chart, 'TriggerAuthentication', {
    metadata: { ...metadataOf(place, { name, wave: 'scaling' }), name },
    spec: { podIdentity: { provider: 'aws' } },
  });
}

function addCpuScaling(place: Place, given: { name: string; slice: DeployedSlice; cpuPercent: number }): void {
  const { slice } = given;
  new HorizontalPodAutoscaler(place.chart, `autoscaler-${slice.name}`, {
    metadata: metadataOf(place, { name: slice.name, component: given.name, wave: 'scaling' }),
    target: slice.target,
    minReplicas: slice.replicas,
    maxReplicas: slice.maxReplicas,
    metrics: [Metric.resourceCpu(MetricTarget.averageUtilization(given.cpuPercent))],
    scaleDown: { stabilizationWindow: Duration.seconds(coolSeconds) },
  });
}

/** Every slice sees the whole queue, so each takes its part of the depth: `queueDepth` is a replica's times the slices. */
function addQueueScaling(place: Place, given: { name: string; slice: DeployedSlice; queueDepth: number }): void {
  const { service, environment, platform } = place;
  const { name, slice } = given;
  const subscriptions = service.consumes.filter(({ workload }) => workload === name);
  const { apiVersion, kind } = slice.target.toScalingTarget();
  addCustomResource(place.chart, 'ScaledObject', {
    metadata: { ...metadataOf(place, { name: slice.name, component: name, wave: 'scaling' }), name: slice.name },
    spec: {
      scaleTargetRef: { apiVersion, kind, name: slice.name },
      minReplicaCount: slice.replicas,
      maxReplicaCount: slice.maxReplicas,
      pollingInterval: pollSeconds,
      cooldownPeriod: coolSeconds,
      fallback: { failureThreshold: maxFailures, replicas: slice.replicas },
      triggers: subscriptions.map(({ event }) => ({
        type: 'aws-sqs-queue',
        name: event.name,
        metadata: {
          queueURL: `https://sqs.${platform.region}.amazonaws.com/${platform.account}/${queueName(environment, service.name, event.name)}`,
          queueLength: String(given.queueDepth),
          awsRegion: platform.region,
          scaleOnInFlight: 'true',
        },
        authenticationRef: { name: service.name },
      })),
    },
  });
}
