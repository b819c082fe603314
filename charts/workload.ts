import { profileLabel, slicesOf, zoneLabel } from '@millrace/catalog/profiles.ts';
import type { Service, Workload } from '@millrace/catalog/service.ts';
import { isCanary } from '@millrace/catalog/service.ts';
import { longestHandlerSeconds, processCloseSeconds } from '@millrace/catalog/stopping.ts';
import { ApiObject, Duration, JsonPatch } from 'cdk8s';
import type { IConfigMap, IScalable, IServiceAccount } from 'cdk8s-plus-29';
import { Deployment, DeploymentStrategy, LabelSelector, PercentOrAbsolute, Probe } from 'cdk8s-plus-29';
import type { Place } from './place.ts';
import { exampleAnnotation, metadataOf, selectorOf, share } from './place.ts';
import type { PodFacts } from './pod.ts';
import { podMetadata, podProps, priorityClass, setPodFields } from './pod.ts';
import { asRollout } from './rollout.ts';
import { port } from './variables.ts';

/** A workload's part in one slice. */
export interface DeployedSlice {
  slice: string;
  name: string;
  /** The Deployment or the Rollout that was made for it. */
  target: IScalable;
  /** How many run: exactly, or at least where it is scaled. */
  replicas: number;
  /** How many run at most. */
  maxReplicas: number;
}

const spareSeconds = 5;
/** The load balancer goes on sending for so long after it was told that the pod goes. */
const drainSeconds = 15;
/** Who scrapes metrics learns of it within this time. */
const scrapeSeconds = 5;
const minGraceSeconds = 30;

/** Why a workload has no PodDisruptionBudget. */
const disruptionAnnotation = 'millrace.dev/disruption';
/** Who keeps the number of replicas, where the Deployment does not. */
const autoscalerAnnotation = 'millrace.dev/autoscaler';

interface Given {
  place: Place;
  name: string;
  workload: Workload;
  services: readonly Service[];
  serviceAccount: IServiceAccount;
  configMap: IConfigMap;
}

/** Adds a workload's Deployments, one for each of its slices, or its Rollout. */
export function addWorkload(given: Given): DeployedSlice[] {
  const { place, workload } = given;
  const slices = slicesOf(workload, place.environment);
  const replicas = share(workload.replicas[place.environment], slices.length);
  const most = share(Math.max(workload.scaleOn?.max ?? 0, workload.replicas[place.environment]), slices.length);
  return slices.map((slice, index) => {
    const name = `${place.service.name}-${given.name}${slice === 'any' ? '' : `-${slice}`}`;
    const count = replicas[index] ?? 0;
    const deployment = addDeployment(given, { slice, name, replicas: count });
    const target = isCanary(workload, place.environment) ? asRollout(place, deployment) : deployment;
    return { slice, name, target, replicas: count, maxReplicas: most[index] ?? count };
  });
}

/** What keeps a workload's number of replicas. Queues scale only a workload that has some. */
export function scalerOf(service: Service, name: string): 'HorizontalPodAutoscaler' | 'ScaledObject' | undefined {
  const { scaleOn } = service.workloads[name] ?? {};
  if (!scaleOn) return undefined;
  if ('cpuPercent' in scaleOn) return 'HorizontalPodAutoscaler';
  return service.consumes.some(({ workload }) => workload === name) ? 'ScaledObject' : undefined;
}

/** How long a pod of a workload has after it was told to stop: it drains, finishes its longest handler, closes. */
export function graceSecondsOf(service: Service, name: string): number {
  const longest = Math.max(processCloseSeconds, longestHandlerSeconds(service, name));
  return Math.max(minGraceSeconds, Math.ceil(sleepSecondsOf(service.workloads[name]) + longest + spareSeconds));
}

/** The pod serves for so long after the cluster began to take it out of its Services. */
const sleepSecondsOf = (workload: Workload | undefined): number =>
  workload?.routes?.length ? drainSeconds : scrapeSeconds;

function addDeployment(given: Given, part: { slice: string; name: string; replicas: number }): Deployment {
  const { place, name, workload, services } = given;
  const scaler = scalerOf(place.service, name);
  const facts: PodFacts = {
    id: part.name,
    component: name,
    slice: part.slice,
    size: workload.size,
    graceSeconds: graceSecondsOf(place.service, name),
    serviceAccount: given.serviceAccount,
    configMap: given.configMap,
    container: { ports: [{ name: 'http', number: port }], ...probes() },
  };
  const metadata = metadataOf(place, {
    name: part.name,
    component: name,
    wave: 'workload',
    annotations: notes(given, part),
  });
  const pod = podMetadata(place, { ...facts, services });
  const deployment = new Deployment(place.chart, part.name, {
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, [zoneLabel]: part.slice, [profileLabel]: pod.labels?.[profileLabel] ?? '' },
    },
    podMetadata: { ...pod, annotations: { ...pod.annotations, ...scrapeAnnotations } },
    ...(!scaler && { replicas: part.replicas }),
    select: false,
    strategy: strategyOf(workload),
    // Twice to five times what a pod takes on Fargate: a revert waits behind a release that hangs.
    progressDeadline: Duration.minutes(5),
    ...podProps(place, facts),
  });
  deployment.select(LabelSelector.of({ labels: { ...selectorOf(place.service, name), [zoneLabel]: part.slice } }));
  const object = ApiObject.of(deployment);
  // Going back is a revert in Git, so that few old ReplicaSets are needed.
  object.addJsonPatch(JsonPatch.add('/spec/revisionHistoryLimit', 2));
  if (scaler) deployment.markHasAutoscaler();
  setPodFields(object, {
    priorityClassName: workload.routes?.length ? priorityClass.serving : priorityClass.background,
    preStopSleepSeconds: sleepSecondsOf(workload),
  });
  return deployment;
}

const scrapeAnnotations = {
  'prometheus.io/scrape': 'true',
  'prometheus.io/path': '/metrics',
  'prometheus.io/port': String(port),
};

function notes({ place, name, workload }: Given, part: { name: string }): Record<string, string> {
  const replicas = workload.replicas[place.environment];
  const scaler = scalerOf(place.service, name);
  return {
    ...(scaler && { [autoscalerAnnotation]: `${scaler}/${part.name}` }),
    ...(replicas < 2 && {
      [disruptionAnnotation]:
        'One replica: a budget would stop every eviction, and Fargate deletes what it cannot evict.',
    }),
    ...(place.isExample && { [exampleAnnotation]: 'true' }),
  };
}

/** A singleton's next pod starts when the last one is gone; all others never have fewer than they should. */
function strategyOf(workload: Workload): DeploymentStrategy {
  if (workload.isSingleton) return DeploymentStrategy.recreate();
  const absolute = PercentOrAbsolute.absolute;
  return DeploymentStrategy.rollingUpdate({ maxSurge: absolute(1), maxUnavailable: absolute(0) });
}

/** Readiness asks for the dependencies, liveness for the process alone: a database that is down restarts nothing. */
function probes(): { readiness: Probe; liveness: Probe; startup: Probe } {
  const seconds = Duration.seconds;
  return {
    readiness: Probe.fromHttpGet('/readyz', {
      port,
      periodSeconds: seconds(5),
      timeoutSeconds: seconds(3),
      failureThreshold: 3,
    }),
    liveness: Probe.fromHttpGet('/healthz', {
      port,
      periodSeconds: seconds(10),
      timeoutSeconds: seconds(2),
      failureThreshold: 3,
    }),
    startup: Probe.fromHttpGet('/healthz', {
      port,
      periodSeconds: seconds(2),
      timeoutSeconds: seconds(2),
      failureThreshold: 30,
    }),
  };
}
