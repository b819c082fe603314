import { profileLabel, zoneLabel } from '@millrace/catalog/profiles.ts';
import type { Service } from '@millrace/catalog/service.ts';
import { ApiObject, Duration } from 'cdk8s';
import type { IConfigMap, IServiceAccount } from 'cdk8s-plus-29';
import { Job, RestartPolicy } from 'cdk8s-plus-29';
import type { Place, Wave } from './place.ts';
import { exampleAnnotation, metadataOf } from './place.ts';
import type { PodFacts } from './pod.ts';
import { podMetadata, podProps, priorityClass, setPodFields } from './pod.ts';

/** Who the pods of a service are and what they read. */
export interface JobIdentity {
  services: readonly Service[];
  serviceAccount: IServiceAccount;
  configMap: IConfigMap;
}

/** A step of a release that Argo CD runs, as a workload of the service's own program that ends. */
interface HookJob {
  /** What the program is to do, and the Job's name between the service's and the revision. */
  component: string;
  hook: 'Sync' | 'PostSync';
  wave: Wave;
  deadline: Duration;
  retries: number;
}

/** Fargate bills a pod until it is deleted, finished or not; its log is in CloudWatch by then. */
const keep = Duration.minutes(2);
const graceSeconds = 30;

/** Adds a Job that Argo CD runs once in each sync; its name holds the release's revision. */
export function addHookJob(place: Place, identity: JobIdentity, job: HookJob): void {
  const { service, pin } = place;
  const facts: PodFacts = {
    id: job.component,
    component: job.component,
    slice: 'any',
    size: '0.25 vCPU / 0.5 GB',
    graceSeconds,
    serviceAccount: identity.serviceAccount,
    configMap: identity.configMap,
    container: {},
  };
  const pod = podMetadata(place, { ...facts, services: identity.services });
  const metadata = metadataOf(place, {
    name: `${service.name}-${job.component}-${pin.revision.slice(0, 12)}`,
    component: job.component,
    wave: job.wave,
    annotations: {
      'argocd.argoproj.io/hook': job.hook,
      'argocd.argoproj.io/hook-delete-policy': 'BeforeHookCreation',
      ...(place.isExample && { [exampleAnnotation]: 'true' }),
    },
  });
  const made = new Job(place.chart, job.component, {
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, [zoneLabel]: facts.slice, [profileLabel]: pod.labels?.[profileLabel] ?? '' },
    },
    podMetadata: pod,
    select: false,
    activeDeadline: job.deadline,
    backoffLimit: job.retries,
    ttlAfterFinished: keep,
    restartPolicy: RestartPolicy.NEVER,
    ...podProps(place, facts),
  });
  setPodFields(ApiObject.of(made), { priorityClassName: priorityClass.background });
}
