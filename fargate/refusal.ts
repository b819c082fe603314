import { asList, asMap, asMaps, asText, fieldOf } from './fields.ts';
import type { PodPlan } from './plan.ts';
import { maxEphemeralRequestGib } from './plan.ts';
import type { PodSpec } from './pod-template.ts';
import { containersOf } from './workloads.ts';

/**
 * The volume types that Fargate takes. Everything else is refused by the scheduler.
 * Source: EKS user guide, nodes/fargate, and AWS's event texts in the issues named in README.md.
 */
export const supportedVolumes: readonly string[] = [
  'configMap',
  'downwardAPI',
  'emptyDir',
  'nfs',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

/** The type of a volume: its only field beside the name. A volume without one is an emptyDir. */
export const volumeTypeOf = (volume: Record<string, unknown>): string =>
  Object.keys(volume).find((key) => key !== 'name' && volume[key] !== undefined) ?? 'emptyDir';

/** A container's own capabilities that are added; `drop` is fine. */
export const addedCapabilities = (container: Record<string, unknown>): string[] =>
  asList(fieldOf(container, 'securityContext', 'capabilities', 'add')).flatMap((name) => asText(name) ?? []);

/** A host port; 0 is none. */
export const hasHostPort = (container: Record<string, unknown>): boolean =>
  asMaps(container.ports).some(({ hostPort, hostIP }) => (hostPort ?? 0) !== 0 || (asText(hostIP) ?? '') !== '');

/** Whether a container sets a switch of its security context. */
export const isSwitchedOn = (container: Record<string, unknown>, field: string): boolean =>
  fieldOf(container, 'securityContext', field) === true;

/** What the pod takes from its host, in the API's own words. */
export const hostFields = (spec: PodSpec): string[] =>
  (['hostNetwork', 'hostPID', 'hostIPC'] as const)
    .filter((field) => spec[field] === true)
    .map((field) => `H${field.slice(1)}`);

/**
 * What Fargate's scheduler writes into the pod's event FailedScheduling, in AWS's words; undefined when it takes the pod.
 * `unbound` are the claims that stay unbound, in its words. The parts and their order follow events that people reported (README.md names them).
 */
export function schedulerRefusal(spec: PodSpec, plan: PodPlan, unbound: readonly string[] = []): string | undefined {
  const parts = [fieldsPart(spec), securityPart(spec), portPart(spec), volumePart(spec, unbound)].filter(
    (part) => part !== '',
  );
  if (parts.length > 0) return `Pod not supported on Fargate: ${parts.join(', ')}`;
  if (!plan.provisioned && plan.request.ephemeralGib <= maxEphemeralRequestGib) {
    return "Your pod's cpu/memory requirements exceed the max Fargate configuration";
  }
  return undefined;
}

function fieldsPart(spec: PodSpec): string {
  const fields = hostFields(spec);
  return fields.length > 0 ? `fields not supported: ${fields.join(', ')}` : '';
}

function securityPart(spec: PodSpec): string {
  const containers = containersOf(spec).map(({ container }) => container);
  const fields: string[] = [];
  if (containers.some((container) => isSwitchedOn(container, 'privileged'))) fields.push('Privileged');
  if (containers.some((container) => isSwitchedOn(container, 'allowPrivilegeEscalation'))) {
    fields.push('AllowPrivilegeEscalation');
  }
  const added = [...new Set(containers.flatMap(addedCapabilities))];
  if (added.length > 0) fields.push(`Capabilities added: ${added.join(', ')}`);
  return fields.length > 0 ? `invalid SecurityContext fields: ${fields.join(', ')}` : '';
}

const portPart = (spec: PodSpec): string =>
  containersOf(spec).some(({ container }) => hasHostPort(container)) ? 'port contains HostIP or HostPort' : '';

function volumePart(spec: PodSpec, unbound: readonly string[]): string {
  const refused = asMaps(spec.volumes)
    .filter((volume) => !supportedVolumes.includes(volumeTypeOf(asMap(volume))))
    .map((volume) => `${asText(volume.name) ?? ''} is of an unsupported volume Type`);
  const all = [...refused, ...unbound];
  return all.length > 0 ? `volumes not supported: ${all.join(', ')}` : '';
}
