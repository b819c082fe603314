import { describe, expect, it } from 'vitest';
import { checkFargate } from './check.ts';
import { readText } from './read-manifests.ts';

const zones = ['a', 'b', 'c'];
const profiles = [
  ...zones.map((zone) => ({
    name: `zone-${zone}`,
    selectors: [{ namespace: '*', labels: { 'millrace.dev/zone': zone } }],
    zones: [zone],
  })),
  { name: 'any', selectors: [{ namespace: '*', labels: { 'millrace.dev/zone': 'any' } }], zones },
];

const deployment = (zone: string, replicas: number) => `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web-${zone}, namespace: shop}
spec:
  replicas: ${replicas}
  template:
    metadata: {labels: {app: web, millrace.dev/zone: ${zone}}}
    spec: {containers: [{name: web}]}
---`;
const budget = (spec: string, name = 'web') => `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: ${name}, namespace: shop}
spec: {${spec}, selector: {matchLabels: {app: web}}}
---`;
const service = `
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}}
---`;

function dayOf(...documents: string[]) {
  const { patchDay, spread } = checkFargate(readText(documents.join(''), 'x.yaml').manifests, { profiles });
  return { ...patchDay, spread };
}

describe('a patch day', () => {
  it('takes all pods of the zone when no budget holds them', () => {
    expect(dayOf(deployment('any', 3), service).targets).toEqual([
      {
        kind: 'Service',
        namespace: 'shop',
        name: 'web',
        replicas: 3,
        podsLeft: 0,
        hasDowntime: true,
        why: 'no budget holds the eviction back (one zone can hold all of them)',
      },
    ]);
  });

  it('takes one zone of slices', () => {
    const { targets } = dayOf(deployment('a', 2), deployment('b', 1), service);
    expect(targets).toMatchObject([{ replicas: 3, podsLeft: 1, hasDowntime: false }]);
  });

  it('is the same for a Rollout, whose number an autoscaler keeps', () => {
    const rollout = deployment('any', 1)
      .replace('apps/v1', 'argoproj.io/v1alpha1')
      .replace('kind: Deployment', 'kind: Rollout');
    const scaler = `
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec: {minReplicas: 3, maxReplicas: 6, scaleTargetRef: {apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: web-any}}
---`;
    const ping = service.replace('name: web,', 'name: web-ping,');
    const { targets, budgets } = dayOf(rollout, scaler, budget('maxUnavailable: 1'), service, ping);
    expect(targets.map(({ name, replicas, podsLeft }) => `${name} ${podsLeft} of ${replicas}`)).toEqual([
      'web 2 of 3',
      'web-ping 2 of 3',
    ]);
    expect(budgets).toMatchObject([{ replicas: 3, allowed: 1, podsLeft: 2 }]);
  });

  it('takes as many as the budget allows', () => {
    const { targets, budgets } = dayOf(deployment('any', 3), budget('maxUnavailable: 1'), service);
    expect(targets).toMatchObject([{ podsLeft: 2, hasDowntime: false, why: 'a budget lets 1 go at a time' }]);
    expect(budgets).toEqual([
      { namespace: 'shop', name: 'web', replicas: 3, allowed: 1, outcome: 'evicted', podsLeft: 2 },
    ]);
  });

  it.each([
    ['minAvailable: 2', 3, 1],
    ['minAvailable: 50%', 3, 1],
    ['minAvailable: 34%', 3, 1],
    ['minAvailable: 33%', 3, 2],
    ['maxUnavailable: 34%', 3, 2],
    ['maxUnavailable: 100%', 3, 3],
    ['minAvailable: 0', 3, 3],
    ['minAvailable: 4', 3, 0],
    ['maxUnavailable: 0', 3, 0],
    ['minAvailable: 1', 1, 0],
  ])('%s of %d pods lets %d go', (spec, replicas, allowed) => {
    const { budgets } = dayOf(deployment('any', replicas), budget(spec));
    expect(budgets).toMatchObject([{ allowed, outcome: allowed > 0 ? 'evicted' : 'blocked' }]);
  });

  it('deletes what a budget blocks', () => {
    const { targets } = dayOf(deployment('any', 2), budget('minAvailable: 2'), service);
    expect(targets).toMatchObject([{ podsLeft: 0, hasDowntime: true, why: expect.stringContaining('blocks') }]);
  });

  it('deletes what two budgets hold', () => {
    const { budgets } = dayOf(deployment('any', 2), budget('maxUnavailable: 1'), budget('maxUnavailable: 1', 'too'));
    expect(budgets.map(({ outcome }) => outcome)).toEqual(['blocked', 'blocked']);
  });

  it('stops a single pod, budget or not', () => {
    expect(dayOf(deployment('any', 1), budget('maxUnavailable: 1'), service).targets).toMatchObject([
      { podsLeft: 0, hasDowntime: true, why: 'there is one pod' },
    ]);
  });

  it('tells of workloads behind no Service too', () => {
    expect(dayOf(deployment('a', 1), deployment('b', 1)).targets).toMatchObject([
      { kind: 'Deployment', name: 'web', replicas: 2, podsLeft: 1 },
    ]);
  });
});

describe('spread over zones', () => {
  it('counts replicas by zone', () => {
    expect(dayOf(deployment('a', 2), deployment('b', 1)).spread).toEqual([
      { namespace: 'shop', name: 'Deployment web', replicas: 3, perZone: { a: 2, b: 1 }, canShareOneZone: false },
    ]);
  });

  it('knows nothing of pods that may run anywhere', () => {
    expect(dayOf(deployment('any', 2)).spread).toMatchObject([{ perZone: undefined, canShareOneZone: true }]);
    expect(dayOf(deployment('any', 1)).spread).toMatchObject([{ canShareOneZone: false }]);
    expect(dayOf(deployment('a', 2)).spread).toMatchObject([{ perZone: { a: 2 }, canShareOneZone: true }]);
  });
});
