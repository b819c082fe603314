import type { Manifest } from '@millrace/fargate/manifest.ts';
import { describe, expect, it } from 'vitest';
import { goodSet } from '../proofs/testing/sets.ts';
import { canaryCosts } from './canary.ts';
import { costJson } from './cost-json.ts';
import { costReport } from './cost-report.ts';
import { costTexts } from './cost-text.ts';
import { podCosts } from './pods.ts';

const steps = [{ setWeight: 10 }, { pause: { duration: '5m' } }];
const rollout = (canary: object, more: Record<string, unknown> = {}): Manifest => ({
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    replicas: 4,
    strategy: { canary: { trafficRouting: { alb: {} }, steps, ...canary } },
    template: {
      spec: {
        terminationGracePeriodSeconds: 60,
        containers: [{ name: 'main', resources: { requests: { cpu: '250m', memory: '256Mi' } } }],
      },
    },
    ...more,
  },
});
const costsOf = (...manifests: Manifest[]) => canaryCosts(manifests, podCosts(manifests));
/** Pods times minutes. */
const podMinutes = (...manifests: Manifest[]): number[] =>
  costsOf(...manifests).map(({ pods, minutes }) => pods * minutes);
/** At the end: four new pods beside the four old ones for a start, the delay and the grace. */
const end = (delaySeconds: number): number => 4 * (1 + delaySeconds / 60 + 1);

describe('what a canary costs', () => {
  it('is a tenth of the pods while it is judged, then all of them twice until the old ones have gone', () => {
    const [cost] = costsOf(rollout({ scaleDownDelaySeconds: 60 }));
    expect(cost?.object).toBe('Rollout shop/web');
    expect(cost?.pods).toBe(4);
    expect((cost?.minutes ?? 0) * 4).toBeCloseTo(1 * (1 + 5) + end(60));
    expect(cost?.releaseUsd).toBeCloseTo(((0.25 * 0.04048 + 0.5 * 0.004445) / 60) * 18);
  });

  it.each([
    ['at least so many pods', { minPodsPerReplicaSet: 2 }, 2 * 6 + end(30)],
    ['never more than there are', { minPodsPerReplicaSet: 9 }, 4 * 6 + end(30)],
    ['several weights', { steps: [...steps, { setWeight: 50 }, { pause: { duration: 60 } }] }, 1 * 6 + 2 * 2 + end(30)],
    [
      'a pause in seconds, and one for a person',
      { steps: [{ setWeight: 25 }, { pause: { duration: '90s' } }, { pause: {} }] },
      2.5 + end(30),
    ],
    [
      'a duration that nobody understands',
      { steps: [{ setWeight: 25 }, { pause: { duration: 'soon' } }] },
      1 + end(30),
    ],
    ['no steps', { steps: undefined }, end(30)],
  ])('counts %s', (_, canary, wanted) => {
    expect(podMinutes(rollout(canary))[0]).toBeCloseTo(wanted);
  });

  it('lasts as long as its analysis, which is read from the template of its own namespace', () => {
    const analysis = (namespace: string, count: number): Manifest => ({
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AnalysisTemplate',
      metadata: { name: 'judge', namespace },
      spec: { metrics: [{ initialDelay: '30s', interval: '30s', count }, {}] },
    });
    const judged = rollout({ steps: [{ setWeight: 25 }, { analysis: { templates: [{ templateName: 'judge' }] } }] });
    expect(podMinutes(judged, analysis('else', 100), analysis('shop', 10))[0]).toBeCloseTo(1 + 5 + end(30));
    expect(podMinutes(judged)[0]).toBeCloseTo(1 + end(30));
  });

  it('is of nothing else: no Deployment, no replaced pods without a load balancer, nothing that runs no pods', () => {
    expect(costsOf({ ...rollout({}), apiVersion: 'apps/v1', kind: 'Deployment' })).toEqual([]);
    expect(costsOf(rollout({ trafficRouting: undefined }))).toEqual([]);
    expect(costsOf(rollout({}, { replicas: 0 }))).toEqual([]);
  });

  it('is said in its own lines and in JSON, and is in no month', () => {
    const measured = { collect: undefined, events: undefined };
    const report = costReport(goodSet('prod'), { withoutRelease: [], measured });
    const text = costTexts([report]);
    expect(text).toMatch(
      /\ncanary: \+15 pods for about 8 minutes a release, 0\.0\d+ USD a release of everything; not in the month\.\n/,
    );
    expect(text).toContain(
      '\n  Rollout order/order-api: +2 pods for about 9 minutes a release, 0.0144 USD a release\n',
    );
    const { environments } = JSON.parse(costJson([report])) as { environments: { canaries: { object: string }[] }[] };
    expect(environments[0]?.canaries).toEqual(report.canaries);
    expect(report.canaries.map(({ object }) => object)).toContain('Rollout user/user-api');
    const dev = costReport(goodSet('dev'), { withoutRelease: [], measured });
    expect([dev.canaries, costTexts([dev]).includes('canary')]).toEqual([[], false]);
    const services = report.services.reduce((sum, { minCents }) => sum + minCents, 0);
    expect(report.minCents).toBe(services + report.platformCents);
  });
});
