import type { Environment } from '@millrace/catalog/environments.ts';
import type { FargateProfile } from '@millrace/catalog/profiles.ts';
import type { Capacity } from '@millrace/fargate/plan.ts';
import type { Place } from './address-plan.ts';
import type { Node, Pod } from './objects.ts';
import { timeText } from './objects.ts';

export const computeTypeLabel = 'eks.amazonaws.com/compute-type';
export const zoneOfNodeLabel = 'topology.kubernetes.io/zone';
/** By these a process that starts anew finds out what a node was made for. */
export const podAnnotation = 'millrace.dev/pod';
export const podUidAnnotation = 'millrace.dev/pod-uid';
export const profileAnnotation = 'millrace.dev/fargate-profile';

export interface NodeFacts {
  pod: Pod;
  profile: FargateProfile;
  provisioned: Capacity;
  place: Place;
  environment: Environment;
  /** The API server's; AWS's kubelets carry a suffix of its own. */
  version: string;
  nowMs: number;
}

/**
 * The node that Fargate makes for one pod, as `kubectl describe node` shows them (aws/containers-roadmap#1976), but for its
 * capacity: AWS's nodes show the machine below, which is larger than what is billed (#1248); these show what is billed.
 */
export function nodeObject({ pod, profile, provisioned, place, environment, version, nowMs }: NodeFacts): object {
  const { region } = environment;
  const host = hostName(place.address, region);
  const zone = `${region}${place.zone}`;
  const capacity = {
    cpu: `${Math.round(provisioned.vcpu * 1000)}m`,
    memory: `${provisioned.memoryMib}Mi`,
    'ephemeral-storage': `${provisioned.ephemeralGib}Gi`,
    pods: '1',
  };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: nodeName(place.address, region),
      labels: {
        [computeTypeLabel]: 'fargate',
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'failure-domain.beta.kubernetes.io/region': region,
        'failure-domain.beta.kubernetes.io/zone': zone,
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': host,
        'kubernetes.io/os': 'linux',
        'topology.kubernetes.io/region': region,
        [zoneOfNodeLabel]: zone,
      },
      annotations: {
        [podAnnotation]: `${pod.metadata.namespace}/${pod.metadata.name}`,
        [podUidAnnotation]: pod.metadata.uid,
        [profileAnnotation]: profile.name,
      },
    },
    spec: {
      providerID: `aws:///${zone}/${pod.metadata.uid}/${nodeName(place.address, region)}`,
      taints: [{ key: computeTypeLabel, value: 'fargate', effect: 'NoSchedule' }],
    },
    status: {
      capacity,
      allocatable: capacity,
      addresses: [
        { type: 'InternalIP', address: place.address },
        { type: 'InternalDNS', address: host },
        { type: 'Hostname', address: host },
      ],
      conditions: nodeConditions(nowMs),
      nodeInfo: nodeInfo(version),
    },
  };
}

/** The API server wants all of these fields, empty or not. */
const nodeInfo = (version: string): object => ({
  machineID: '',
  systemUUID: '',
  bootID: '',
  kernelVersion: '',
  osImage: 'Amazon Linux 2023',
  containerRuntimeVersion: 'containerd://2.1',
  kubeletVersion: `${version}-eks-local`,
  kubeProxyVersion: '',
  operatingSystem: 'linux',
  architecture: 'amd64',
});

/** What a kubelet says of its node while all is well. */
export function nodeConditions(nowMs: number): object[] {
  const at = timeText(nowMs);
  const times = { lastHeartbeatTime: at, lastTransitionTime: at };
  const fine = (type: string, reason: string, message: string) => ({
    type,
    status: 'False',
    reason,
    message,
    ...times,
  });
  return [
    fine('MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    fine('DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    fine('PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status', ...times },
  ];
}

/** Whether a node is one of Fargate's. */
export const isFargateNode = ({ metadata }: Node): boolean => metadata.labels?.[computeTypeLabel] === 'fargate';

/** A node's zone by its letter. */
export const zoneOfNode = ({ metadata }: Node): string => metadata.labels?.[zoneOfNodeLabel]?.slice(-1) ?? '';

export const addressOfNode = ({ status }: Node): string =>
  status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '';

/** The first region's hosts have a domain of their own. Source: EC2 user guide, "EC2 instance hostnames and domains". */
function hostName(address: string, region: string): string {
  const domain = region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`;
  return `ip-${address.replaceAll('.', '-')}.${domain}`;
}

const nodeName = (address: string, region: string): string => `fargate-${hostName(address, region)}`;
