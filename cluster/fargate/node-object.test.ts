import { environments } from '@millrace/catalog/environments.ts';
import { expect, test } from 'vitest';
import { addressOfNode, isFargateNode, nodeObject, zoneOfNode } from './node-object.ts';
import type { Node } from './objects.ts';
import { noonMs, podOf } from './testing.ts';

const node = (region: string): Node =>
  nodeObject({
    pod: podOf(),
    profile: { name: 'dev-any', selectors: [], zones: ['a'] },
    provisioned: { vcpu: 0.25, memoryMib: 512, ephemeralGib: 20 },
    place: { zone: 'b', address: '10.0.32.10' },
    environment: { ...environments.dev, region },
    version: 'v1.35.4',
    nowMs: noonMs,
  }) as Node;

test('a node looks like one of EKS on Fargate, and says whose it is', () => {
  expect(node('us-east-1')).toMatchObject({
    metadata: {
      name: 'fargate-ip-10-0-32-10.ec2.internal',
      labels: {
        'eks.amazonaws.com/compute-type': 'fargate',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': 'ip-10-0-32-10.ec2.internal',
        'kubernetes.io/os': 'linux',
        'topology.kubernetes.io/region': 'us-east-1',
        'topology.kubernetes.io/zone': 'us-east-1b',
      },
      annotations: {
        'millrace.dev/pod': 'order/order-api-7d9f8-abcde',
        'millrace.dev/pod-uid': 'uid-1',
        'millrace.dev/fargate-profile': 'dev-any',
      },
    },
    spec: { taints: [{ key: 'eks.amazonaws.com/compute-type', value: 'fargate', effect: 'NoSchedule' }] },
    status: { capacity: { cpu: '250m', memory: '512Mi', 'ephemeral-storage': '20Gi', pods: '1' } },
  });
});

test('a node is read back as it was made', () => {
  const made = node('eu-west-1');
  expect(made.metadata.name).toBe('fargate-ip-10-0-32-10.eu-west-1.compute.internal');
  expect([isFargateNode(made), zoneOfNode(made), addressOfNode(made)]).toEqual([true, 'b', '10.0.32.10']);
});
