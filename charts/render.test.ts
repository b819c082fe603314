import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { environmentNames, environments } from '@millrace/catalog/environments.ts';
import { PageViewsCollected } from '@millrace/catalog/events/analytics.ts';
import { overheadMib } from '@millrace/catalog/fargate.ts';
import type { Platform } from '@millrace/catalog/platform.ts';
import { planProfiles } from '@millrace/catalog/profiles.ts';
import type { Service } from '@millrace/catalog/service.ts';
import { services } from '@millrace/catalog/services.ts';
import { checkFargate } from '@millrace/fargate/check.ts';
import type { Manifest } from '@millrace/fargate/manifest.ts';
import { planPod } from '@millrace/fargate/plan.ts';
import { podTemplateOf } from '@millrace/fargate/pod-template.ts';
import { describe, expect, it } from 'vitest';
import { fileOf, renderEnvironment } from './render.ts';
import { manyServices } from './testing/many-services.ts';
import { testPlatform } from './testing/platforms.ts';
import { testRelease } from './testing/releases.ts';

const render = (environment: EnvironmentName, given: readonly Service[] = services): Manifest[] =>
  renderEnvironment({
    services: given,
    environment,
    platform: testPlatform(environment, given),
    release: testRelease(given),
  });
const all = environmentNames.map((environment) => ({ environment, manifests: render(environment) }));
const podsOf = (manifests: readonly Manifest[]) =>
  manifests.flatMap((manifest) => {
    const template = podTemplateOf(manifest);
    return template ? [{ manifest, template }] : [];
  });

describe.each(all)('everything of $environment', ({ environment, manifests }) => {
  it('has every service, and one file for each object', () => {
    const files = manifests.map(fileOf);
    expect(new Set(files).size).toBe(files.length);
    expect(files).toEqual(files.toSorted());
    for (const { name } of services) expect(files).toContain(`${name}/namespace-${name}.yaml`);
    for (const file of files) expect(file).toMatch(/^[a-z0-9-]+\/[a-z]+-[a-z0-9-]+\.yaml$/);
  });

  it('comes out the same twice, whatever order the facts were written in', () => {
    expect(render(environment)).toEqual(manifests);
    expect(JSON.stringify(render(environment))).toBe(JSON.stringify(manifests));
    expect(render(environment, services.toReversed()).map(fileOf)).toEqual(manifests.map(fileOf));
  });

  it('asks for a Fargate size exactly, and says which', () => {
    const pods = podsOf(manifests);
    expect(pods.length).toBeGreaterThan(services.length);
    for (const { template } of pods) {
      const { provisioned, request, size } = planPod(template.spec);
      expect(template.annotations['millrace.dev/fargate-size']).toBe(size);
      expect(provisioned).toEqual({
        vcpu: request.vcpu,
        memoryMib: request.memoryMib + overheadMib,
        ephemeralGib: 20,
      });
    }
  });

  it('breaks no rule of Fargate', () => {
    const located = manifests.map((manifest) => ({ file: fileOf(manifest), document: 1, manifest }));
    const report = checkFargate(located, { profiles: planProfiles(environment) });
    expect(report.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(report.pods.map(({ verdict }) => verdict)).toEqual(podsOf(manifests).map(() => 'runs'));
  });

  it('runs as many replicas as the catalog says, over its slices', () => {
    for (const service of services) {
      for (const [name, workload] of Object.entries(service.workloads)) {
        const own = manifests.filter(
          ({ metadata }) =>
            metadata.labels?.['app.kubernetes.io/name'] === service.name &&
            metadata.labels['app.kubernetes.io/component'] === name,
        );
        const replicas = own.map(leastOf).reduce((sum, count) => sum + count, 0);
        expect(`${service.name}/${name} ${replicas}`).toBe(`${service.name}/${name} ${workload.replicas[environment]}`);
        const budgets = own.filter(({ kind }) => kind === 'PodDisruptionBudget');
        expect(budgets.length).toBe(workload.replicas[environment] > 1 ? 1 : 0);
      }
    }
  });

  it('holds no Secret, no tag, no name that cdk8s made up', () => {
    expect(manifests.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    for (const { template } of podsOf(manifests)) {
      const [container] = template.spec['containers'] as { image: string }[];
      expect(container?.image).toMatch(
        /^\d{12}\.dkr\.ecr\.us-east-1\.amazonaws\.com\/millrace\/[a-z]+@sha256:[0-9a-f]{64}$/,
      );
    }
    expect(JSON.stringify(manifests)).not.toMatch(/cdk8s|-c8[0-9a-f]{6}"/);
  });
});

/** The least number of replicas that an object keeps. */
function leastOf({ kind, spec }: Manifest): number {
  const facts = spec as { replicas?: number; minReplicas?: number; minReplicaCount?: number };
  if (kind === 'Deployment' || kind === 'Rollout') return facts.replicas ?? 0;
  return facts.minReplicas ?? facts.minReplicaCount ?? 0;
}

describe('environments', () => {
  it('differ only by what the catalog says', () => {
    const alike = services.map((service) => ({
      ...service,
      workloads: Object.fromEntries(
        Object.entries(service.workloads).map(([name, { spreadIn: _zones, canary: _canary, ...workload }]) => [
          name,
          { ...workload, replicas: { dev: 2, staging: 2, prod: 2 } },
        ]),
      ),
    }));
    const [dev, staging, prod] = environmentNames.map((environment) => {
      const neutralFacts = JSON.stringify(testPlatform('dev')).replaceAll('dev', 'any');
      const platform = { ...(JSON.parse(neutralFacts) as Platform), environment };
      const input = { services: alike, environment, platform, release: testRelease(alike) };
      // What Argo CD is told differs where environments.ts says so: delivery/delivery.test.ts.
      const applied = renderEnvironment(input).filter(({ metadata }) => metadata.namespace !== 'argocd');
      return neutral(applied, environment);
    });
    expect(staging).toBe(dev);
    expect(prod).toBe(dev);
  });

  it('a service without a release is left out, and the cluster parts stay', () => {
    const platform = testPlatform('prod');
    const manifests = renderEnvironment({ services, environment: 'prod', platform, release: { pins: {} } });
    expect(manifests.map(fileOf).filter((file) => !file.startsWith('argocd/'))).toEqual([
      'aws-observability/configmap-aws-logging.yaml',
      'aws-observability/namespace-aws-observability.yaml',
      'cluster/priorityclass-millrace-background.yaml',
      'cluster/priorityclass-millrace-serving.yaml',
      'millrace-policy/configmap-platform-policy.yaml',
      'millrace-policy/namespace-millrace-policy.yaml',
    ]);
  });

  it('grow by the same number of objects for each service', () => {
    const count = (number: number): number => render('prod', manyServices(number, PageViewsCollected)).length;
    const none = count(0);
    const one = count(1) - none;
    expect(count(50) - none).toBe(50 * one);
    expect(count(200) - none).toBe(200 * one);
  });
});

/** The text with the environment's own words taken out; checksums follow from those. */
function neutral(manifests: Manifest[], environment: EnvironmentName): string {
  return JSON.stringify(manifests, null, 1)
    .replaceAll(environments[environment].domain, '<domain>')
    .replaceAll(`"${environment}"`, '"<environment>"')
    .replaceAll(/\s+"argocd.argoproj.io\/sync-options": "Prune=confirm,Delete=confirm",/g, '')
    .replaceAll(new RegExp(`(?<=["/]|%3A)${environment}-`, 'g'), '<environment>-')
    .replaceAll(/(?<=-any-)[0-9a-f]{8}|(?<=checksum": ")[0-9a-f]{16}/g, '<hash>');
}

describe('pods are replaced when something changes that they read only once', () => {
  const annotationsWith = (change: object, overrides: object = {}): Record<string, string> => {
    const platform = { ...testPlatform('dev'), ...change };
    const input = { services, environment: 'dev' as const, platform, release: testRelease(), ...overrides };
    const [first] = podsOf(renderEnvironment(input));
    return first?.template.annotations ?? {};
  };
  const before = annotationsWith({});
  const changed = (after: Record<string, string>): string[] =>
    Object.keys(after).filter((name) => after[name] !== before[name]);
  const { telemetry, cache, cluster, services: built } = testPlatform('dev');
  const otherGroup = Object.fromEntries(
    Object.entries(built).map(([name, facts]) => [name, { ...facts, securityGroupId: 'sg-0' }]),
  );

  it.each([
    ['a variable', { cache: { ...cache, port: 6380 } }, ['millrace.dev/config-checksum']],
    ['a security group', { services: otherGroup }, ['millrace.dev/security-group-checksum']],
    // Fargate's nodes keep their version until their pods go.
    ["the cluster's version", { cluster: { ...cluster, version: '1.36' } }, ['millrace.dev/cluster-version']],
    ['the log group', { telemetry: { ...telemetry, logGroup: '/other' } }, ['millrace.dev/logging-checksum']],
  ])('%s', (_, change, names) => {
    expect(changed(annotationsWith(change))).toEqual(names);
  });

  it('example images are marked on the pod and on what makes it', () => {
    const release = { ...testRelease(), example: true as const };
    const input = { services, environment: 'dev' as const, platform: testPlatform('dev'), release };
    for (const { manifest, template } of podsOf(renderEnvironment(input))) {
      expect(template.annotations['millrace.dev/example-image']).toBe('true');
      expect(manifest.metadata.annotations?.['millrace.dev/example-image']).toBe('true');
    }
  });
});
