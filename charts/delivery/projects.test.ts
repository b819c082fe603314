import { environmentNames } from '@millrace/catalog/environments.ts';
import { services } from '@millrace/catalog/services.ts';
import { describe, expect, it } from 'vitest';
import { argoCdRules } from './argo-cd-rights.ts';
import { told } from './testing/told.ts';

const prod = told('prod');
const dev = told('dev');
const window = {
  kind: 'allow',
  schedule: '0 8 * * 1-5',
  duration: '10h',
  timeZone: 'America/New_York',
  manualSync: false,
};
const kinds = (list: { group: string; kind: string }[]): string[] => list.map(({ group, kind }) => `${group}/${kind}`);

describe('the project that every Application has by itself', () => {
  it.each(environmentNames)('may nothing in %s', (environment) => {
    const { spec } = told(environment).get('appproject-default');
    expect(spec).toEqual({
      description: expect.any(String),
      // Lists that are there and empty: what Argo CD writes when it makes the project is taken out.
      sourceRepos: [],
      sourceNamespaces: [],
      destinations: [],
      clusterResourceWhitelist: [],
      namespaceResourceWhitelist: [],
      namespaceResourceBlacklist: [{ group: '*', kind: '*' }],
    });
  });
});

describe('the project of a service', () => {
  const { metadata, spec } = prod.get('appproject-order');

  it('reads one repository and writes to one namespace of this cluster', () => {
    expect(spec.sourceRepos).toEqual(['https://git.millrace.example/millrace/millrace.git']);
    expect(spec.destinations).toEqual([{ server: 'https://kubernetes.default.svc', namespace: 'order' }]);
    expect(spec.sourceNamespaces).toEqual([]);
    // It stays until its Application is gone, which can do nothing without it.
    expect(metadata.finalizers).toEqual(['resources-finalizer.argocd.argoproj.io']);
  });

  it.each(environmentNames)('brings no Secret, no rights, no webhook and no definition in %s', (environment) => {
    for (const [name, project] of told(environment)) {
      if (!/^appproject-(?!platform|add-ons|cluster|default)/.test(name)) continue;
      expect(kinds(project.spec.clusterResourceWhitelist)).toEqual(['/Namespace']);
      const text = kinds(project.spec.namespaceResourceWhitelist).join(' ');
      expect(text).not.toMatch(/Secret|rbac|StatefulSet|DaemonSet|Pod( |$)|Application|\*/);
      expect(project.spec.orphanedResources).toEqual({ warn: true });
    }
  });

  it('lets its team look, sync what stands in Git, and end or promote a canary', () => {
    expect(spec.roles).toEqual([
      {
        name: 'team',
        description: expect.stringContaining('checkout'),
        groups: ['millrace:checkout'],
        policies: [
          'applications, get',
          'applications, sync',
          'applications, action/argoproj.io/Rollout/abort',
          'applications, action/argoproj.io/Rollout/promote-full',
          'applications, action/argoproj.io/Rollout/resume',
          'applications, action/argoproj.io/Rollout/retry',
          'logs, get',
        ].map((words) => `p, proj:order:team, ${words}, order/*, allow`),
      },
    ]);
  });
});

describe('the release windows of the platform contract', () => {
  it('hold services, and never the root or what it waits for, which bring a change of the windows', () => {
    for (const { name } of services) {
      expect(prod.get(`appproject-${name}`).spec.syncWindows).toEqual([{ ...window, applications: ['*'] }]);
    }
    expect(prod.get('application-root').spec.project).toBe('platform');
    for (const name of ['platform', 'cluster', 'add-ons']) {
      expect(prod.get(`appproject-${name}`).spec.syncWindows).toBeUndefined();
    }
  });

  it('are none where the contract says none', () => {
    const always = told('prod', (platform) => ({
      ...platform,
      delivery: { ...platform.delivery, releaseWindows: [] },
    }));
    for (const each of [always, dev]) {
      for (const { kind, spec } of each.values()) if (kind === 'AppProject') expect(spec.syncWindows).toBeUndefined();
    }
  });
});

describe('signed commits', () => {
  const signatureKeys = { '4AEE18F83AFDEB23': '-----BEGIN PGP PUBLIC KEY BLOCK-----' };
  const signed = told('prod', (platform) => ({ ...platform, delivery: { ...platform.delivery, signatureKeys } }));

  it('are asked for by every project that reads Git, and Argo CD has the keys, where the contract names some', () => {
    for (const [name, { kind, spec }] of signed) {
      if (kind !== 'AppProject' || name === 'appproject-default') continue;
      const isOfCharts = name === 'appproject-add-ons';
      expect(spec.signatureKeys).toEqual(isOfCharts ? undefined : [{ keyID: '4AEE18F83AFDEB23' }]);
    }
    const { valuesObject } = signed.get('application-argo-cd').spec.source.helm;
    expect(valuesObject.configs.gpg.keys).toEqual(signatureKeys);
  });

  it('are not asked for otherwise', () => {
    for (const { spec } of prod.values()) expect(spec.signatureKeys).toBeUndefined();
  });
});

describe("Argo CD's rights in the cluster", () => {
  it('are to read all, and to write exactly the kinds of the projects', () => {
    const [read, ...write] = argoCdRules(services);
    expect(read).toEqual({ apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch'] });
    for (const { apiGroups, resources, verbs } of write) {
      expect([...apiGroups, ...resources, ...verbs]).not.toContain('*');
    }
    const written = write.flatMap(({ apiGroups, resources }) => resources.map((name) => `${apiGroups[0]}/${name}`));
    const count = new Set(
      environmentNames.flatMap((environment) =>
        [...told(environment).values()].flatMap(({ kind, spec }) =>
          kind === 'AppProject' ? kinds([...spec.clusterResourceWhitelist, ...spec.namespaceResourceWhitelist]) : [],
        ),
      ),
    ).size;
    // Besides these: events, and giving the rights that the add-ons' charts bring.
    expect(new Set(written).size).toBe(count + 1);
    expect(written).toEqual(
      expect.arrayContaining(['/namespaces', 'policy/poddisruptionbudgets', 'argoproj.io/rollouts']),
    );
    expect(written.join()).not.toMatch(/pods|exec|nodes/);
  });
});

describe('what comes from charts of others', () => {
  const { spec } = prod.get('appproject-add-ons');

  it('may bring rights and definitions into the namespaces of the add-ons, and tells Argo CD nothing', () => {
    expect(spec.destinations.map(({ namespace }: { namespace: string }) => namespace)).toEqual([
      'kube-system',
      'argocd',
      'argo-rollouts',
      'keda',
      'opentelemetry',
    ]);
    expect(kinds(spec.clusterResourceWhitelist)).toContain('rbac.authorization.k8s.io/ClusterRole');
    expect(kinds(spec.namespaceResourceWhitelist).join()).not.toMatch(/argoproj/);
    expect(spec.sourceRepos.join()).not.toContain('millrace');
  });

  it('is told by Git alone what it is', () => {
    const platform = prod.get('appproject-platform').spec;
    expect(platform.sourceRepos).toEqual(['https://git.millrace.example/millrace/millrace.git']);
    expect(kinds(platform.namespaceResourceWhitelist)).toEqual([
      'argoproj.io/AppProject',
      'argoproj.io/Application',
      'argoproj.io/ApplicationSet',
    ]);
    expect(platform.clusterResourceWhitelist).toEqual([]);
  });
});
