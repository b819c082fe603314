import { addOns } from '@millrace/catalog/add-ons.ts';
import { environmentNames } from '@millrace/catalog/environments.ts';
import { fargateSizes, overheadMib } from '@millrace/catalog/fargate.ts';
import { platformNamespaces } from '@millrace/catalog/profiles.ts';
import { asMap } from '@millrace/fargate/fields.ts';
import { describe, expect, it } from 'vitest';
import { testPlatform } from '../testing/platforms.ts';
import { told } from './testing/told.ts';

const prod = told('prod');
const valuesOf = (name: string, all = prod) => all.get(`application-${name}`).spec.source.helm.valuesObject;
const platform = testPlatform('prod');

/** What every kind of pod in a chart's values asks for, however deep it stands. */
function resourcesIn(value: unknown): Record<string, Record<string, string>>[] {
  const each = asMap(value);
  if ('requests' in each) return [each as Record<string, Record<string, string>>];
  return Object.values(each).flatMap(resourcesIn);
}

describe.each(environmentNames)('the add-ons of %s', (environment) => {
  const all = told(environment);

  it('ask for exactly a Fargate size, with limits as requests, for every kind of pod', () => {
    for (const { name, pods } of addOns) {
      const found = resourcesIn(valuesOf(name, all));
      expect(found).toHaveLength(pods.length);
      for (const { requests, limits } of found) {
        expect(limits).toEqual(requests);
        const vcpu = Number.parseInt(requests?.['cpu'] ?? '', 10) / 1000;
        const memoryMib = Number.parseInt(requests?.['memory'] ?? '', 10) + overheadMib;
        const sizes = fargateSizes.find((size) => size.vcpu === vcpu)?.memoryMib;
        expect(sizes, `${name} ${vcpu} vCPU`).toContain(memoryMib);
      }
    }
  });

  it('come from charts of fixed versions into their namespaces, each with labels that Pod Security reads', () => {
    for (const { name, namespace, chart } of addOns) {
      const { spec } = all.get(`application-${name}`);
      expect(spec.source).toMatchObject({
        repoURL: chart.repository,
        chart: chart.name,
        targetRevision: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      });
      expect([spec.project, spec.destination.namespace]).toEqual(['add-ons', namespace]);
      expect(platformNamespaces).toContain(namespace);
      expect(spec.syncPolicy.syncOptions).toContain('ServerSideApply=true');
      const labels = spec.syncPolicy.managedNamespaceMetadata?.labels;
      if (namespace === 'kube-system') expect(labels).toBeUndefined();
      else expect(labels['pod-security.kubernetes.io/enforce']).toBe('baseline');
    }
  });

  it('have no pod on every node, and nothing on a port or path of the node', () => {
    for (const { name } of addOns) {
      const text = JSON.stringify(valuesOf(name, all));
      expect(text).not.toMatch(/daemonset|hostNetwork"?:true|hostPort|hostPath|10250/i);
    }
  });
});

describe('where there are two pods or more', () => {
  it('one may go at a time; of one there is no budget', () => {
    const budgets = (environment: 'dev' | 'prod') =>
      addOns.map(
        ({ name }) => (JSON.stringify(valuesOf(name, told(environment))).match(/"maxUnavailable":1/g) ?? []).length,
      );
    expect(budgets('prod')).toEqual(addOns.map(({ pods }) => pods.filter(({ replicas }) => replicas.prod > 1).length));
    expect(budgets('dev')).toEqual(addOns.map(() => 0));
  });

  it('the catalog says why there is never more than one, or has two in prod', () => {
    for (const { pods } of addOns) {
      for (const { replicas, single } of pods) expect(replicas.prod > 1).toBe(single === undefined);
    }
  });
});

describe('Argo CD', () => {
  const values = valuesOf('argo-cd');

  it('lets people in through Cognito alone: no password, no Dex, no shell, no secret', () => {
    expect(values.configs.cm).toMatchObject({
      url: 'https://argocd.millrace.example',
      'admin.enabled': 'false',
      'exec.enabled': 'false',
      'users.anonymous.enabled': 'false',
    });
    expect(JSON.parse(values.configs.cm['oidc.config'])).toEqual({
      name: 'Cognito',
      issuer: platform.argocd.issuerUrl,
      clientID: platform.argocd.clientId,
      enablePKCEAuthentication: true,
      requestedScopes: ['openid', 'profile', 'email'],
    });
    expect(values.dex).toEqual({ enabled: false });
    expect(JSON.stringify(values)).not.toMatch(/clientSecret|password/i);
  });

  it('lets who belongs to no group see nothing, and the platform team change nothing but by Git', () => {
    const { rbac } = values.configs;
    expect([rbac['policy.default'], rbac.scopes]).toEqual(['', '[cognito:groups]']);
    expect(rbac['policy.csv']).toContain('g, millrace:platform, role:platform\n');
    expect(rbac['policy.csv']).toContain('g, millrace:break-glass, role:admin\n');
    expect(rbac['policy.csv']).not.toMatch(/p, [^\n]*(create|update|delete|exec|override|\*, \*,)/);
  });

  it('answers at its own host behind the web ACL, without the page of its API', () => {
    const { ingress } = values.server;
    expect(ingress).toMatchObject({ hostname: 'argocd.millrace.example', ingressClassName: 'alb' });
    const annotation = (name: string): string => ingress.annotations[`alb.ingress.kubernetes.io/${name}`];
    expect(annotation('wafv2-acl-arn')).toBe(platform.edge.wafAclArn);
    expect(annotation('group.name')).toBe('millrace');
    expect(ingress.extraPaths.map(({ path }: { path: string }) => path)).toEqual(['/swagger-ui', '/swagger.json']);
    for (const { backend } of ingress.extraPaths) {
      expect(backend.service.port.name).toBe('use-annotation');
      expect(JSON.parse(annotation(`actions.${backend.service.name}`))).toMatchObject({
        type: 'fixed-response',
        fixedResponseConfig: { statusCode: '404' },
      });
    }
  });

  it('tells of what was released, what failed, what waits and what it cannot read, by one queue', () => {
    const { notifiers, subscriptions, triggers, templates, serviceAccount } = values.notifications;
    expect(JSON.parse(notifiers['service.awssqs'])).toEqual({
      queue: 'prod-millrace-releases',
      region: 'us-east-1',
      account: '777788889999',
    });
    const names = ['released', 'sync-failed', 'waits-for-confirmation', 'degraded', 'unknown'];
    expect(subscriptions).toEqual([{ recipients: ['awssqs:prod-millrace-releases'], triggers: names }]);
    for (const name of names) {
      const [{ when, send }] = JSON.parse(triggers[`trigger.${name}`]);
      expect([when.startsWith('app.status'), send]).toEqual([true, [name]]);
      expect(JSON.parse(templates[`template.${name}`]).message).toContain(
        '{{.app.metadata.name}} in {{.context.environment}} ',
      );
    }
    expect(serviceAccount.annotations['eks.amazonaws.com/role-arn']).toBe(
      platform.addOns['argocd-notifications']?.roleArn,
    );
  });
});

describe('the other add-ons', () => {
  it('know region and network, for Fargate has nobody to ask', () => {
    expect(valuesOf('aws-load-balancer-controller')).toMatchObject({
      clusterName: platform.cluster.name,
      region: platform.region,
      vpcId: platform.cluster.vpcId,
      enableBackendSecurityGroup: false,
      enableServiceMutatorWebhook: false,
    });
  });

  it("leave the kubelet its port, and the first of the load balancer controller's certificates in place", () => {
    expect(valuesOf('metrics-server').containerPort).toBe(4443);
    const { ignoreDifferences } = prod.get('application-aws-load-balancer-controller').spec;
    expect(ignoreDifferences.map(({ kind }: { kind: string }) => kind)).toEqual([
      'Secret',
      'MutatingWebhookConfiguration',
      'ValidatingWebhookConfiguration',
    ]);
  });

  it('shift traffic by the load balancer alone', () => {
    const { providers } = valuesOf('argo-rollouts').providerRBAC;
    expect(Object.entries(providers).filter(([, isOn]) => isOn)).toEqual([['awsLoadBalancerController', true]]);
  });

  it('collect what pods offer, under the labels that a canary is judged by, and send it signed', () => {
    const { alternateConfig, fullnameOverride } = valuesOf('adot-collector');
    expect(platform.telemetry.otlpEndpoint).toBe(`http://${fullnameOverride}.opentelemetry.svc.cluster.local:4318`);
    expect(alternateConfig.exporters.prometheusremotewrite).toEqual({
      endpoint: `${platform.telemetry.metricsUrl}/api/v1/remote_write`,
      auth: { authenticator: 'sigv4auth' },
    });
    expect(alternateConfig.extensions.sigv4auth).toEqual({ region: 'us-east-1', service: 'aps' });
    const [scrape] = alternateConfig.receivers.prometheus.config.scrape_configs;
    expect(JSON.stringify(scrape.relabel_configs)).toContain('rollouts_pod_template_hash');
    // What a pipeline names is there.
    for (const { receivers, processors, exporters } of Object.values<Record<string, string[]>>(
      alternateConfig.service.pipelines,
    )) {
      for (const name of receivers ?? []) expect(alternateConfig.receivers).toHaveProperty(name);
      for (const name of processors ?? []) expect(alternateConfig.processors).toHaveProperty(name);
      for (const name of exporters ?? []) expect(alternateConfig.exporters).toHaveProperty(name);
    }
  });
});
