import { environmentNames } from '@millrace/catalog/environments.ts';
import { services } from '@millrace/catalog/services.ts';
import type { Manifest } from '@millrace/fargate/manifest.ts';
import { describe, expect, it } from 'vitest';
import { told } from './testing/told.ts';

const prod = told('prod');
const dev = told('dev');
const repository = 'https://git.millrace.example/millrace/millrace.git';
const inCluster = 'https://kubernetes.default.svc';
const confirmed = { 'argocd.argoproj.io/sync-options': 'Prune=confirm,Delete=confirm' };
const wave = ({ metadata }: Manifest): number => Number(metadata.annotations?.['argocd.argoproj.io/sync-wave']);

describe.each(environmentNames)('what Argo CD is told in %s', (environment) => {
  const all = told(environment);

  it('is a root, the cluster, the add-ons, the services, and a project for each', () => {
    expect([...all.keys()].filter((name) => !name.startsWith('appproject-'))).toEqual([
      'application-adot-collector',
      'application-argo-cd',
      'application-argo-rollouts',
      'application-aws-load-balancer-controller',
      'application-cluster',
      'application-keda',
      'application-metrics-server',
      'application-root',
      'applicationset-services',
    ]);
    const projects = ['add-ons', 'cluster', 'default', 'platform', ...services.map(({ name }) => name)].toSorted();
    expect([...all.keys()].filter((name) => name.startsWith('appproject-'))).toEqual(
      projects.map((name) => `appproject-${name}`),
    );
  });

  it('comes in order: projects, the cluster with its policies, add-ons, services, and the root last', () => {
    const waves = (kind: string): number[] => [
      ...new Set([...all.values()].filter((each) => each.kind === kind).map(wave)),
    ];
    expect(waves('AppProject')).toEqual([-5]);
    expect(wave(all.get('application-cluster'))).toBe(-4);
    expect(wave(all.get('application-keda'))).toBe(-3);
    expect(waves('ApplicationSet')).toEqual([0]);
    // In the last wave nothing is waited for, so the root does not wait for itself.
    const last = Math.max(...[...all.values()].map(wave));
    expect([...all].filter(([, each]) => wave(each) === last).map(([name]) => name)).toEqual(['application-root']);
  });

  it('reads one repository, writes to its own cluster, heals by itself, and gives up loudly', () => {
    const specs = [...all.values()].flatMap(({ kind, spec }) =>
      kind === 'Application' ? [spec] : kind === 'ApplicationSet' ? [spec.template.spec] : [],
    );
    for (const { source, destination, syncPolicy } of specs) {
      if (!source.chart) expect([source.repoURL, source.targetRevision]).toEqual([repository, 'main']);
      expect(destination.server).toBe(inCluster);
      expect(syncPolicy.automated).toEqual({ prune: true, selfHeal: true });
      expect(syncPolicy.retry.limit).toBeGreaterThan(3);
      expect(syncPolicy.syncOptions).toContain('FailOnSharedResource=true');
    }
  });

  it('writes no field that says no: Argo CD leaves it out, and would see a difference for ever', () => {
    for (const { kind, spec } of all.values()) {
      if (kind === 'AppProject') continue;
      const { source: _values, ...rest } = kind === 'ApplicationSet' ? spec.template.spec : spec;
      expect(JSON.stringify(kind === 'ApplicationSet' ? { ...spec.generators, rest } : rest)).not.toMatch(
        /:(false|""|\[\]|0)[,}]/,
      );
    }
  });
});

describe('the services', () => {
  it('are the folders of the environment, each in the project and the namespace of its name', () => {
    const { spec } = prod.get('applicationset-services');
    expect([spec.goTemplate, spec.goTemplateOptions]).toEqual([true, ['missingkey=error']]);
    expect(spec.generators).toEqual([
      {
        git: {
          repoURL: repository,
          revision: 'main',
          directories: [
            { path: 'manifests/prod/*' },
            { path: 'manifests/prod/argocd', exclude: true },
            { path: 'manifests/prod/cluster', exclude: true },
            { path: 'manifests/prod/aws-observability', exclude: true },
            { path: 'manifests/prod/millrace-policy', exclude: true },
          ],
        },
      },
    ]);
    const { project, destination, source } = spec.template.spec;
    const name = '{{ .path.basename }}';
    expect([spec.template.metadata.name, project, destination.namespace]).toEqual([name, name, name]);
    expect(source.path).toBe('{{ .path.path }}');
  });

  it('keep what Argo Rollouts writes while a canary runs', () => {
    const { ignoreDifferences, syncPolicy } = prod.get('applicationset-services').spec.template.spec;
    expect(syncPolicy.syncOptions).toContain('RespectIgnoreDifferences=true');
    expect(ignoreDifferences).toEqual([
      {
        group: 'networking.k8s.io',
        kind: 'Ingress',
        jqPathExpressions: [expect.stringContaining('startswith("alb.ingress.kubernetes.io/actions.")')],
      },
      { kind: 'Service', jsonPointers: ['/spec/selector/rollouts-pod-template-hash'] },
    ]);
  });

  it('keep what a person says to one of them: that something may go, or that it rests', () => {
    expect(prod.get('applicationset-services').spec.preservedFields.annotations).toEqual([
      'argocd.argoproj.io/deletion-approved',
      'argocd.argoproj.io/skip-reconcile',
    ]);
  });

  it('lose nothing in prod when a folder or the ApplicationSet goes, and clear away after themselves in dev', () => {
    const { metadata, spec } = prod.get('applicationset-services');
    expect(spec.syncPolicy).toEqual({ applicationsSync: 'create-update', preserveResourcesOnDeletion: true });
    expect(spec.template.metadata.finalizers).toBeUndefined();
    expect(metadata.annotations).toMatchObject(confirmed);
    const before = dev.get('applicationset-services');
    expect(before.spec.syncPolicy).toEqual({ applicationsSync: 'sync', preserveResourcesOnDeletion: false });
    expect(before.spec.template.metadata.finalizers).toEqual(['resources-finalizer.argocd.argoproj.io']);
    expect(before.metadata.annotations).not.toHaveProperty(Object.keys(confirmed)[0] ?? '');
  });
});

describe('the Application of the cluster, and the root', () => {
  it('apply the folders that belong to no service', () => {
    expect(prod.get('application-cluster').spec).toMatchObject({
      project: 'cluster',
      source: {
        path: 'manifests/prod',
        directory: { recurse: true, include: '{cluster/*,aws-observability/*,millrace-policy/*}' },
      },
    });
    const root = prod.get('application-root');
    expect(root.spec).toMatchObject({ project: 'platform', source: { path: 'manifests/prod/argocd' } });
    expect(root.metadata.annotations['argocd.argoproj.io/ignore-healthcheck']).toBe('true');
  });

  it('of prod do not go by a missing file alone', () => {
    for (const [name, { metadata }] of prod) {
      if (!name.startsWith('appproject-')) expect(metadata.annotations).toMatchObject(confirmed);
    }
  });
});
