import { planProfiles } from '@millrace/catalog/profiles.ts';
import { describe, expect, test } from 'vitest';
import { decide, noNodeWords, wasRefused } from './decision.ts';
import type { KubeObject, Pod } from './objects.ts';
import { podOf } from './testing.ts';

const profiles = planProfiles('dev');
const named = (role: string): string => profiles.find(({ name }) => name.includes(role))?.name ?? '';
const decideOn = (pod: Pod, claims: readonly KubeObject[] = []) =>
  decide(pod, { profiles, nodeCount: 2, claims, volumes: [] });

describe('a pod that a profile takes', () => {
  test('gets the size that is billed', () => {
    expect(decideOn(podOf())).toEqual({
      outcome: 'placed',
      profile: profiles.find(({ name }) => name === named('any')),
      size: '0.25vCPU 0.5GB',
      provisioned: { vcpu: 0.25, memoryMib: 512, ephemeralGib: 20 },
    });
  });

  test('of a zone gets the profile of that zone', () => {
    const decision = decideOn(podOf({ meta: { labels: { 'millrace.dev/zone': 'b' } } }));
    expect(decision).toMatchObject({ outcome: 'placed', profile: { name: named('zone-b'), zones: ['b'] } });
  });

  test('is left by Fargate’s scheduler, in its words, when Fargate has nothing like it', () => {
    expect(decideOn(podOf({ spec: { hostNetwork: true } }))).toEqual({
      outcome: 'refused',
      by: 'fargate-scheduler',
      message: 'Pod not supported on Fargate: fields not supported: HostNetwork',
    });
    const containers = [{ name: 'order', resources: { requests: { cpu: '20' } } }];
    expect(decideOn(podOf({ spec: { containers } }))).toEqual({
      outcome: 'refused',
      by: 'fargate-scheduler',
      message: "Your pod's cpu/memory requirements exceed the max Fargate configuration",
    });
    const large = [{ name: 'order', resources: { requests: { 'ephemeral-storage': '200Gi' } } }];
    expect(decideOn(podOf({ spec: { containers: large } }))).toMatchObject({
      outcome: 'refused',
      by: 'fargate-scheduler',
    });
  });

  test('waits for a claim that is not bound, and not for one that is', () => {
    const pod = podOf({ spec: { volumes: [{ name: 'files', persistentVolumeClaim: { claimName: 'files' } }] } });
    const metadata = { name: 'files', namespace: 'order', uid: '', resourceVersion: '' };
    expect(decideOn(pod, [{ metadata }])).toEqual({
      outcome: 'refused',
      by: 'fargate-scheduler',
      message: 'Pod not supported on Fargate: volumes not supported: files not supported because: PVC files not bound',
    });
    const bound = { metadata, spec: { volumeName: 'files' } };
    expect(decideOn(pod, [bound])).toMatchObject({ outcome: 'placed' });
  });
});

describe('a pod that no profile takes', () => {
  test('is left by the default scheduler, which counts the nodes that it cannot use', () => {
    expect(decideOn(podOf({ meta: { labels: {} } }))).toEqual({
      outcome: 'refused',
      by: 'default-scheduler',
      message:
        '0/2 nodes are available: 2 node(s) had untolerated taint(s). preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.',
    });
    expect(noNodeWords(0)).toBe('no nodes available to schedule pods');
  });

  test('is one that names a profile that does not select it, too', () => {
    const labels = { 'millrace.dev/zone': 'any', 'eks.amazonaws.com/fargate-profile': 'other' };
    expect(decideOn(podOf({ meta: { labels } }))).toMatchObject({ outcome: 'refused', by: 'default-scheduler' });
  });
});

test('a pod that was refused is known by its condition', () => {
  const scheduled = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable' } as const;
  expect(wasRefused(podOf({ status: { conditions: [scheduled] } }))).toBe(true);
  expect(wasRefused(podOf({ status: { conditions: [{ type: 'PodScheduled', status: 'True' }] } }))).toBe(false);
  expect(wasRefused(podOf())).toBe(false);
});
