import { asMap, asMaps, asText, asTexts, fieldOf, show } from '../fields.ts';
import type { PodSpec } from '../pod-template.ts';
import {
  addedCapabilities,
  hasHostPort,
  hostFields,
  isSwitchedOn,
  supportedVolumes,
  volumeTypeOf,
} from '../refusal.ts';
import type { Rule } from '../rule.ts';
import { containerRule, kindRule, podRule, sources, when } from '../rule.ts';

const fact = (name: string) => ({ id: 'F06', name, severity: 'error', source: sources.fargate }) as const;

const daemonSet = kindRule({ ...fact('daemon-set'), kinds: ['DaemonSet'] }, () =>
  when(
    true,
    'is a DaemonSet: its pods never run on Fargate, where every pod has a node of its own.',
    'Run it as a sidecar in the pods that need it, or as one Deployment.',
  ),
);

/** The same, for what leaves a pod waiting without a word of the scheduler. */
const stopping = (name: string) => ({ ...fact(name), stopsPods: true }) as const;

const privileged = containerRule(fact('privileged'), (container) =>
  when(
    isSwitchedOn(container, 'privileged'),
    'is privileged: the scheduler refuses the pod.',
    'Take securityContext.privileged away.',
  ),
);

const hostPort = containerRule(fact('host-port'), (container) =>
  when(hasHostPort(container), 'has a hostPort or hostIP: the scheduler refuses the pod.', 'Write containerPort only.'),
);

const hostNamespaces = podRule(fact('host-namespaces'), ({ template }) => {
  const fields = hostFields(template.spec);
  return when(
    fields.length > 0,
    `sets ${fields.join(', ')}: the scheduler refuses the pod.`,
    'Take these fields away; a pod on Fargate has an address of its own.',
  );
});

const gpu = containerRule(stopping('gpu'), (container) => {
  const asked = ['requests', 'limits'].flatMap((part) => Object.keys(asMap(fieldOf(container, 'resources', part))));
  const devices = [...new Set(asked.filter((name) => name.includes('/') && !name.startsWith('kubernetes.io/')))];
  return when(
    devices.length > 0,
    `asks for ${devices.join(', ')}: Fargate has no devices, so the pod stays Pending.`,
    'Run it on a node group, or without the device.',
  );
});

/** What a pod demands of its node: by selector, or by an affinity that is required. */
function nodeDemands(spec: PodSpec): { key: string; values: string[] }[] {
  const selector = Object.entries(asTexts(spec.nodeSelector)).map(([key, value]) => ({ key, values: [value] }));
  const required = fieldOf(spec, 'affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution');
  const expressions = asMaps(fieldOf(required, 'nodeSelectorTerms'))
    .flatMap((term) => asMaps(term.matchExpressions))
    .filter(({ operator }) => operator === 'In')
    .map(({ key, values }) => ({
      key: asText(key) ?? '',
      values: Array.isArray(values) ? values.flatMap((value) => asText(value) ?? []) : [],
    }));
  return [...selector, ...expressions];
}

const arm = podRule(stopping('arm64'), ({ template: { spec } }) => {
  const wants = nodeDemands(spec).some(
    ({ key, values }) => /^(beta\.)?kubernetes\.io\/arch$/.test(key) && values.length > 0 && !values.includes('amd64'),
  );
  return when(
    wants,
    'asks for a processor that is not amd64: pods of EKS on Fargate run on x86 only.',
    'Write kubernetes.io/arch: amd64, or no selector, and build the image for linux/amd64.',
  );
});

const windows = podRule(stopping('windows'), ({ template: { spec } }) => {
  const isWindows =
    fieldOf(spec, 'os', 'name') === 'windows' ||
    nodeDemands(spec).some(({ key, values }) => /kubernetes\.io\/os$/.test(key) && values.includes('windows'));
  return when(isWindows, 'asks for Windows: EKS on Fargate runs Linux only.', 'Run it on a node group of Windows.');
});

/** Labels that only nodes of EC2 have. */
const ec2Labels =
  /^(eks\.amazonaws\.com\/(nodegroup|capacityType|instance-.*)|karpenter\.(sh|k8s\.aws)\/.*|(beta\.kubernetes\.io|node\.kubernetes\.io)\/instance-type)$/;

const ec2Node = podRule(stopping('ec2-node'), ({ template: { spec } }) => {
  const demands = nodeDemands(spec).filter(({ key }) => ec2Labels.test(key));
  return when(
    demands.length > 0,
    `asks for a node with ${demands.map(({ key, values }) => `${key}=${values.join('|')}`).join(', ')}: no Fargate node has it (no Spot either).`,
    'Take the selector away.',
  );
});

const security = (name: string) =>
  ({ id: 'F07', name, severity: 'error', source: 'EKS best practices, security/pods' }) as const;

const capabilities = containerRule(security('capabilities'), (container) => {
  const added = addedCapabilities(container);
  return when(
    added.length > 0,
    `adds ${added.join(', ')}: the scheduler refuses the pod.`,
    'Write securityContext.capabilities: {drop: [ALL]} and nothing under add; listen on a port over 1023.',
  );
});

const escalation = containerRule(security('privilege-escalation'), (container) =>
  when(
    isSwitchedOn(container, 'allowPrivilegeEscalation'),
    'sets allowPrivilegeEscalation: true: the scheduler refuses the pod.',
    'Write allowPrivilegeEscalation: false.',
  ),
);

const volumeType = podRule(security('volume-type'), ({ template: { spec } }) =>
  asMaps(spec.volumes)
    .map((volume) => ({ name: show(volume.name), type: volumeTypeOf(volume) }))
    .filter(({ type }) => !supportedVolumes.includes(type))
    .map(({ name, type }) => ({
      message: `has the volume ${name} of type ${type}: the scheduler refuses the pod.`,
      fix: `Use one of ${supportedVolumes.join(', ')} (the claim on EFS).`,
    })),
);

/** F06 and F07: what Fargate refuses. */
export const unsupportedRules: readonly Rule[] = [
  daemonSet,
  privileged,
  hostPort,
  hostNamespaces,
  gpu,
  arm,
  windows,
  ec2Node,
  capabilities,
  escalation,
  volumeType,
];
