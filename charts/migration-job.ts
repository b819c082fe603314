import { profileLabel, zoneLabel } from '@millrace/catalog/profiles.ts';
import type { Service } from '@millrace/catalog/service.ts';
import { ApiObject, Duration } from 'cdk8s';
import type { IConfigMap, IServiceAccount } from 'cdk8s-plus-29';
import { Job, RestartPolicy } from 'cdk8s-plus-29';
import type { Place } from './place.ts';
import { exampleAnnotation, metadataOf } from './place.ts';
import type { PodFacts } from './pod.ts';
import { podMetadata, podProps, priorityClass, setPodFields } from './pod.ts';

/** More than runtime/migrate.ts waits for locks, and less than a release may stand still. */
const deadline = Duration.minutes(10);
const retries = 2;
/** Fargate bills a pod until it is deleted, finished or not; its log is in CloudWatch by then. */
const keep = Duration.minutes(2);
const graceSeconds = 30;

/**
 * Brings the service's database to the newest schema before any pod of the release starts. It is a step of the sync itself
 * (hook `Sync` in an early wave), not `PreSync`: on a first sync the namespace and the identity must be there before it.
 */
export function addMigrationJob(
  place: Place,
  given: { services: readonly Service[]; serviceAccount: IServiceAccount; configMap: IConfigMap },
): void {
  const { service, pin } = place;
  if (!service.database) return;
  const facts: PodFacts = {
    id: 'migrate',
    component: 'migrate',
    slice: 'any',
    size: '0.25 vCPU / 0.5 GB',
    graceSeconds,
    serviceAccount: given.serviceAccount,
    configMap: given.configMap,
    container: {},
  };
  const pod = podMetadata(place, { ...facts, services: given.services });
  const metadata = metadataOf(place, {
    name: `${service.name}-migrate-${pin.revision.slice(0, 12)}`,
    component: facts.component,
    wave: 'migration',
    annotations: {
      'argocd.argoproj.io/hook': 'Sync',
      'argocd.argoproj.io/hook-delete-policy': 'BeforeHookCreation',
      ...(place.isExample && { [exampleAnnotation]: 'true' }),
    },
  });
  const job = new Job(place.chart, 'migrate', {
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, [zoneLabel]: facts.slice, [profileLabel]: pod.labels?.[profileLabel] ?? '' },
    },
    podMetadata: pod,
    select: false,
    activeDeadline: deadline,
    backoffLimit: retries,
    ttlAfterFinished: keep,
    restartPolicy: RestartPolicy.NEVER,
    ...podProps(place, facts),
  });
  setPodFields(ApiObject.of(job), { priorityClassName: priorityClass.background });
}
