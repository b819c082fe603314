import { environmentNames } from '@millrace/catalog/environments.ts';
import type { Manifest } from '@millrace/fargate/manifest.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../diff/command.ts';
import type { RepositoryCopy } from '../diff/testing/repository-copy.ts';
import { copyRepository } from '../diff/testing/repository-copy.ts';
import { costReport } from './cost-report.ts';
import { costTexts } from './cost-text.ts';
import { readMeasurements } from './measurements.ts';
import { cents, dollars, fineDollars } from './money.ts';
import { platformParts, platformTax } from './platform-tax.ts';
import { podCosts } from './pods.ts';
import { bar, textTable } from './text-table.ts';
import { renderWorkingTree } from './working-tree.ts';

interface CostJson {
  environments: {
    environment: string;
    usdPerMonth: { least: number; most: number; platform: number };
    services: {
      service: string;
      pods: { least: number; most: number };
      usdPerMonth: { least: number; most: number };
    }[];
    pods: { service: string; object: string; usdPerMonth: { each: number; least: number; most: number } }[];
    platform: { name: string; usdPerMonth: number }[];
    traffic: { unit: string; busyUsd: number; quietUsd: number; parts: { basis: string }[] }[];
  }[];
}

const deployment = (name: string, resources: unknown, more: Record<string, unknown> = {}): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, namespace: 'shop' },
  spec: { template: { spec: { containers: [{ name: 'main', resources }] } }, ...more },
});
const scaler = (kind: string, spec: Record<string, unknown>): Manifest => ({
  apiVersion: 'x/v1',
  kind,
  metadata: { name: 'any', namespace: 'shop' },
  spec: { scaleTargetRef: { name: 'web' }, ...spec },
});
const small = { requests: { cpu: '250m', memory: '256Mi' } };
const inCents = (usd: number): number => Math.round(usd * 100);
const sum = (amounts: number[]): number => amounts.reduce((total, usd) => total + inCents(usd), 0);

describe('what pods cost', () => {
  it('an hour costs what AWS says, for 730 hours, in whole cents', () => {
    const [cost] = podCosts([deployment('web', small, { replicas: 3 })]);
    expect(cost).toMatchObject({ service: 'shop', object: 'Deployment shop/web', size: '0.25vCPU 0.5GB' });
    expect(cost).toMatchObject({
      minPods: 3,
      maxPods: 3,
      eachCents: 901,
      minCents: cents((0.25 * 0.04048 + 0.5 * 0.004445) * 730 * 3),
    });
  });

  it.each([
    ['HorizontalPodAutoscaler', { minReplicas: 2, maxReplicas: 6 }, [2, 6]],
    ['HorizontalPodAutoscaler', { maxReplicas: 4 }, [1, 4]],
    ['HorizontalPodAutoscaler', { minReplicas: 2 }, [2, 2]],
    ['ScaledObject', { maxReplicaCount: 3 }, [0, 3]],
    ['ScaledObject', { minReplicaCount: 1 }, [1, 100]],
  ])('a %s says how many pods there are: %j', (kind, spec, [min, max]) => {
    const [cost] = podCosts([deployment('web', small, { replicas: 9 }), scaler(kind, spec)]);
    expect([cost?.minPods, cost?.maxPods]).toEqual([min, max]);
  });

  it('a scaler of another namespace or name changes nothing', () => {
    const other = scaler('HorizontalPodAutoscaler', { maxReplicas: 5 });
    const elsewhere = { ...other, metadata: { name: 'any', namespace: 'else' } };
    const [cost] = podCosts([deployment('web', small, { replicas: 2 }), elsewhere]);
    expect([cost?.minPods, cost?.maxPods]).toEqual([2, 2]);
  });

  it('a job counts nothing in a month but says what its first minute costs', () => {
    const job = { ...deployment('migrate', small), apiVersion: 'batch/v1', kind: 'Job' };
    const [cost] = podCosts([job]);
    expect(cost).toMatchObject({ isTask: true, minCents: 0, maxCents: 0 });
    expect(cost?.taskUsd).toBeCloseTo((0.25 * 0.04048 + 0.5 * 0.004445) / 60, 9);
  });

  it('names every pod that is billed for more than it asks, and what the next smaller size would save', () => {
    const manifests = [
      deployment('wide', { requests: { cpu: '250m', memory: '300Mi' } }, { replicas: 2 }),
      deployment('tall', { requests: { cpu: '300m', memory: '768Mi' } }, { replicas: 1 }),
      deployment('fits', small),
    ];
    const [set] = renderWorkingTree(['dev']);
    if (!set) throw new Error('dev is not rendered');
    const measured = { collect: undefined, events: undefined };
    const report = costReport({ ...set, manifests }, { withoutRelease: [], measured });
    expect(
      report.wasted.map(({ object, wastedVcpu, wastedMemoryMib }) => [object, wastedVcpu, wastedMemoryMib]),
    ).toEqual([
      ['Deployment shop/tall', 0.2, 0],
      ['Deployment shop/wide', 0, 468],
    ]);
    const text = costTexts([report]);
    expect(text).toContain('2 pods waste a part of their size:');
    expect(text).toContain('Deployment shop/wide (2 of 0.25vCPU 1GB): 468 MiB paid for and not asked for.');
    expect(text).toContain('Ask for 0.25 vCPU and 256Mi, get 0.25vCPU 0.5GB, save 3.24 USD a month.');
    expect(text).toContain('not measured, so not counted: run "make bench"');
  });
});

describe('the platform itself', () => {
  it('is counted part by part, each with its source', () => {
    const lines = platformTax('prod');
    expect(lines.map(({ name, pods }) => `${name} ${pods}`)).toEqual([
      'CoreDNS 2',
      'argo-cd application-controller 1',
      'argo-cd repo-server 2',
      'argo-cd server 2',
      'argo-cd applicationset-controller 1',
      'argo-cd notifications-controller 1',
      'argo-cd redis 1',
      'aws-load-balancer-controller controller 2',
      'metrics-server 2',
      'keda operator 2',
      'keda metrics-apiserver 2',
      'keda admission-webhooks 2',
      'argo-rollouts controller 2',
      'adot-collector collector 1',
      'EKS control plane 0',
    ]);
    expect(lines[0]).toMatchObject({ size: '0.25vCPU 0.5GB', monthCents: 1802 });
    expect(lines[2]).toMatchObject({ size: '0.5vCPU 1GB', monthCents: 3604 });
    const total = (environment: 'dev' | 'prod'): number =>
      platformTax(environment).reduce((sum, { monthCents }) => sum + monthCents, 0);
    expect(total('dev')).toBeLessThan(total('prod'));
    expect(lines.at(-1)?.monthCents).toBe(7300);
    for (const { source } of [...lines, ...platformParts]) expect(source.length).toBeGreaterThan(15);
  });
});

describe('make cost', () => {
  let copy: RepositoryCopy;
  beforeAll(() => {
    copy = copyRepository({ withGit: false });
  });
  afterAll(() => copy.remove());

  it('shows every environment, adds up, and says the same as JSON and as text, twice', () => {
    const text = copy.run('charts/cost/main.ts');
    const json = copy.run('charts/cost/main.ts', [], { JSON: '1' });
    expect([text.code, json.code, text.err, json.err]).toEqual([0, 0, '', '']);
    expect(copy.run('charts/cost/main.ts').out).toBe(text.out);
    expect(copy.run('charts/cost/main.ts', ['--json']).out).toBe(json.out);
    const { environments } = JSON.parse(json.out) as CostJson;
    expect(environments.map(({ environment }) => environment)).toEqual([...environmentNames]);
    for (const { environment, usdPerMonth, services, pods, platform } of environments) {
      for (const bound of ['least', 'most'] as const) {
        const total = sum(services.map((row) => row.usdPerMonth[bound])) + sum(platform.map((row) => row.usdPerMonth));
        expect(inCents(usdPerMonth[bound])).toBe(total);
        for (const { service, usdPerMonth: own } of services) {
          const ofPods = pods.filter((pod) => pod.service === service).map((pod) => pod.usdPerMonth[bound]);
          expect(inCents(own[bound])).toBe(sum(ofPods));
        }
      }
      const { least, most } = usdPerMonth;
      expect(text.out).toContain(`${environment}: ${dollars(inCents(least))} to ${dollars(inCents(most))} USD a month`);
      for (const { object } of pods.filter(({ object }) => /^(Deployment|Rollout) /.test(object)))
        expect(text.out).toContain(object);
      for (const { service } of services) expect(text.out).toContain(`\n${service} `);
    }
  });

  it('shows prod in full before its first release, and says so', () => {
    const { out } = copy.run('charts/cost/main.ts', ['--env', 'prod']);
    expect(out).toContain('Counted as if released, though they have no release yet: analytics, user');
    expect(out).toContain('Rollout order/order-api ');
    expect(out).toContain('\ncanary: +15 pods for about 8 minutes a release, ');
    expect(out).not.toContain('staging');
  });

  it('follows the catalog: a larger size costs more in the environments that have it', () => {
    const bigger = copyRepository({ withGit: false });
    bigger.edit('catalog/services.ts', (text) => text.replace("size: '0.25 vCPU / 0.5 GB'", "size: '0.5 vCPU / 1 GB'"));
    const least = (repository: RepositoryCopy): number => {
      const { environments } = JSON.parse(
        repository.run('charts/cost/main.ts', ['--json', '--env=dev']).out,
      ) as CostJson;
      return inCents(environments[0]?.usdPerMonth.least ?? 0);
    };
    expect(least(bigger) - least(copy)).toBe(1802 - 901);
    bigger.remove();
  });

  it('says what traffic costs and on what each figure rests', () => {
    const { environments } = JSON.parse(copy.run('charts/cost/main.ts', ['--json', '--env=dev']).out) as CostJson;
    const [views, orders] = environments[0]?.traffic ?? [];
    expect([views?.unit, orders?.unit]).toEqual(['million page views', 'thousand orders']);
    for (const estimate of [views, orders]) {
      expect(estimate?.busyUsd).toBeGreaterThan(0);
      expect(estimate?.quietUsd).toBeGreaterThanOrEqual(estimate?.busyUsd ?? Number.POSITIVE_INFINITY);
      expect(new Set(estimate?.parts.map(({ basis }) => basis))).toContain('counted');
    }
    // A million events of one view each at 1 USD, and three requests for each at 0.4 USD a million.
    expect(views?.quietUsd).toBeGreaterThan(2.2);
    expect(readMeasurements(repositoryRoot).collect?.perSecond).toBeGreaterThan(100);
    expect(readMeasurements('/nowhere')).toEqual({ collect: undefined, events: undefined });
  });

  it.each([
    [['--env', 'dve'], {}, 2, 'There is no environment "dve". Write some of dev, staging, prod.\n'],
    [['--enf', 'dev'], {}, 2, 'There is no option "--enf". See --help.\n'],
    [['--env'], {}, 2, '--env needs a value.\n'],
    [[], { JSON: 'yes' }, 2, 'JSON=yes is not understood: write JSON=1, or leave it out.\n'],
  ])('wrong usage is one line: %j %j', (words, variables, code, err) => {
    expect(copy.run('charts/cost/main.ts', words, variables)).toEqual({ code, out: '', err });
  });

  it('explains itself', () => {
    const { code, out } = copy.run('charts/cost/main.ts', ['--help']);
    expect([code, out.split('\n')[0]]).toEqual([0, 'Usage: make cost [ENV=dev,staging,prod] [JSON=1]']);
  });

  it('a wrong catalog is named with its place, exit code 3, no stack', () => {
    const wrong = copyRepository({ withGit: false });
    wrong.edit('catalog/services.ts', (text) => text.replace("'0.25 vCPU / 0.5 GB'", "'0.25 vCPU / 0.7 GB'"));
    const { code, out, err } = wrong.run('charts/cost/main.ts');
    expect([code, out]).toEqual([3, '']);
    expect(err).toMatch(/E020 .*0\.7/);
    wrong.write('catalog/services.ts', 'export const services = [;');
    const broken = wrong.run('charts/cost/main.ts');
    expect([broken.code, broken.out, broken.err.includes('    at ')]).toEqual([3, '', false]);
    expect(broken.err).toContain('E002');
    wrong.remove();
  });
});

describe('what reports are made of', () => {
  it('columns are aligned, a rule is as wide as the table', () => {
    const table = textTable([{ head: 'a' }, { head: 'usd', isRight: true }], [['xy', '1'], [''], ['–', '10.00']]);
    expect(table).toBe('a     usd\n─────────\nxy      1\n─────────\n–   10.00');
  });

  it('a bar is never longer than its place and never negative', () => {
    expect([bar(0, 4), bar(0.5, 4), bar(1, 4), bar(7, 4), bar(-1, 4), bar(0.3, 4)]).toEqual([
      '',
      '██',
      '████',
      '████',
      '',
      '█▎',
    ]);
  });

  it('small amounts keep three digits, dollars two', () => {
    expect([fineDollars(0.0123456), fineDollars(2.2071), fineDollars(0), fineDollars(1e-9)]).toEqual([
      '0.0123',
      '2.21',
      '0',
      '< 0.000001',
    ]);
    expect([dollars(123456), dollars(-5), dollars(0)]).toEqual(['1,234.56', '-0.05', '0.00']);
  });
});
