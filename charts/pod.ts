import type { SizeName } from '@millrace/catalog/fargate.ts';
import { podSize } from '@millrace/catalog/fargate.ts';
import { repositoryName } from '@millrace/catalog/names.ts';
import { profileLabel, profileOfSlice, zoneLabel } from '@millrace/catalog/profiles.ts';
import { sizeWords } from '@millrace/fargate/plan.ts';
import type { ApiObject, ApiObjectMetadata } from 'cdk8s';
import { Duration, JsonPatch, Size } from 'cdk8s';
import type { AbstractPodProps, ContainerProps, ContainerResources, IConfigMap, IServiceAccount } from 'cdk8s-plus-29';
import { Capability, Cpu, Env, EnvValue, SeccompProfileType, Volume } from 'cdk8s-plus-29';
import { loggingChecksum } from './logging.ts';
import type { Place } from './place.ts';
import { checksumOf, exampleAnnotation, labelsOf } from './place.ts';
import { securityGroupsOf } from './security-group.ts';
import { variablesOf } from './variables.ts';

/** What a pod of a service is made of, whatever makes the pod. */
export interface PodFacts {
  /** Unique in the service. */
  id: string;
  component: string;
  slice: string;
  size: SizeName;
  graceSeconds: number;
  serviceAccount: IServiceAccount;
  configMap: IConfigMap;
  container: Pick<ContainerProps, 'ports' | 'readiness' | 'liveness' | 'startup'>;
}

/** A user that no image and no host knows: Pod Security asks for anyone but root, our policy for 10000 and more. */
const userId = 10_001;
/** Within the 20 GiB that Fargate gives for nothing. */
const ephemeralGib = 1;
const temporaryMib = 512;
const smallPodMib = 512;
/** For half a gigabyte: a young generation that does not thrash, and an old one that leaves room for buffers. */
const smallPodOptions = '--max-semi-space-size=8 --max-old-space-size=96';

export const priorityClass = { serving: 'millrace-serving', background: 'millrace-background' } as const;

/** The properties that every pod of ours has: sized, hardened, without a Kubernetes token. */
export function podProps(place: Place, facts: PodFacts): AbstractPodProps {
  return {
    automountServiceAccountToken: false,
    serviceAccount: facts.serviceAccount,
    terminationGracePeriod: Duration.seconds(facts.graceSeconds),
    securityContext: { ensureNonRoot: true, user: userId, group: userId, fsGroup: userId },
    containers: [{ ...containerOf(place, facts), ...facts.container }],
  };
}

function containerOf(place: Place, facts: PodFacts): ContainerProps {
  const { chart, service, platform, pin } = place;
  const temporary = Volume.fromEmptyDir(chart, `${facts.id}-temporary`, 'temporary', {
    sizeLimit: Size.mebibytes(temporaryMib),
  });
  const isSmall = podSize(facts.size).memoryMib <= smallPodMib;
  return {
    name: service.name,
    image: `${platform.registry}/${repositoryName(service.name)}@${pin.digest}`,
    envFrom: [Env.fromConfigMap(facts.configMap)],
    envVariables: {
      MILLRACE_WORKLOAD: EnvValue.fromValue(facts.component),
      // Fargate has no instance metadata to ask for it.
      AWS_REGION: EnvValue.fromValue(platform.region),
      ...(isSmall && { NODE_OPTIONS: EnvValue.fromValue(smallPodOptions) }),
    },
    resources: resourcesOf(facts.size),
    securityContext: {
      ensureNonRoot: true,
      user: userId,
      group: userId,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: [Capability.ALL] },
      seccompProfile: { type: SeccompProfileType.RUNTIME_DEFAULT },
    },
    volumeMounts: [{ path: '/tmp', volume: temporary }],
  };
}

/** Limits are requests: Fargate gives a pod what it asks for, and nothing is shared. The size includes Fargate's own 256 MiB. */
function resourcesOf(size: SizeName): ContainerResources {
  const { vcpu, requestMib } = podSize(size);
  const same = <Amount>(amount: Amount): { request: Amount; limit: Amount } => ({ request: amount, limit: amount });
  return {
    cpu: same(Number.isInteger(vcpu) ? Cpu.units(vcpu) : Cpu.millis(vcpu * 1000)),
    memory: same(Size.mebibytes(requestMib)),
    ephemeralStorage: same(Size.gibibytes(ephemeralGib)),
  };
}

/**
 * Labels and annotations of a pod. The labels choose its Fargate profile and so its zone; the checksums and the version replace
 * it when something changes that it takes only once: its variables, its security groups, the log router's settings, its node.
 */
export function podMetadata(
  place: Place,
  facts: PodFacts & { services: readonly Place['service'][] },
): ApiObjectMetadata {
  const { environment, isExample } = place;
  return {
    labels: {
      ...labelsOf(place, facts.component),
      [zoneLabel]: facts.slice,
      [profileLabel]: profileOfSlice(environment, facts.slice),
    },
    annotations: {
      'millrace.dev/config-checksum': checksumOf(variablesOf({ ...place, services: facts.services })),
      'millrace.dev/cluster-version': place.platform.cluster.version,
      'millrace.dev/logging-checksum': loggingChecksum(place.platform),
      'millrace.dev/security-group-checksum': checksumOf(securityGroupsOf(place)),
      'millrace.dev/fargate-size': sizeWords(podSize(facts.size)),
      ...(isExample && { [exampleAnnotation]: 'true' }),
    },
  };
}

/** Fields of a pod's spec for which cdk8s-plus has no property. */
export function setPodFields(
  object: ApiObject,
  fields: { priorityClassName: string; preStopSleepSeconds?: number },
): void {
  const spec = '/spec/template/spec';
  object.addJsonPatch(
    JsonPatch.add(`${spec}/priorityClassName`, fields.priorityClassName),
    // Otherwise every Service of the namespace becomes a dozen variables.
    JsonPatch.add(`${spec}/enableServiceLinks`, false),
    JsonPatch.add(`${spec}/securityContext/seccompProfile`, { type: SeccompProfileType.RUNTIME_DEFAULT }),
    // The place of the construct in our code is no label of a pod.
    JsonPatch.remove('/spec/template/metadata/labels/cdk8s.io~1metadata.addr'),
  );
  if (fields.preStopSleepSeconds === undefined) return;
  const lifecycle = { preStop: { sleep: { seconds: fields.preStopSleepSeconds } } };
  object.addJsonPatch(JsonPatch.add(`${spec}/containers/0/lifecycle`, lifecycle));
}
