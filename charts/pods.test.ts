import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import type { Service } from '@millrace/catalog/service.ts';
import { services } from '@millrace/catalog/services.ts';
import { fieldOf } from '@millrace/fargate/fields.ts';
import type { Manifest } from '@millrace/fargate/manifest.ts';
import { podTemplateOf } from '@millrace/fargate/pod-template.ts';
import { describe, expect, it } from 'vitest';
import { inZones } from './proofs/testing/sets.ts';
import { fileOf, renderEnvironment } from './render.ts';
import { testPlatform } from './testing/platforms.ts';
import { testRelease } from './testing/releases.ts';
import { graceSecondsOf } from './workload.ts';

const render = (environment: EnvironmentName, given: readonly Service[] = services): Manifest[] =>
  renderEnvironment({ services: given, environment, platform: testPlatform(environment), release: testRelease() });
const prod = render('prod');
const named = (file: string): Manifest => {
  const manifest = prod.find((each) => fileOf(each).startsWith(file));
  if (!manifest) throw new Error(`${file} was not rendered`);
  return manifest;
};
const user = 10_001;
const probe = (path: string, periodSeconds: number, rest: object): object => ({
  httpGet: { path, port: 8080, scheme: 'HTTP' },
  periodSeconds,
  ...rest,
});

describe('a pod', () => {
  it('of an API is whole: sized, hardened, probed, with time to drain', () => {
    const { spec } = named('notification/rollout-notification-api');
    const digest = testRelease().pins['notification']?.digest;
    const amount = { cpu: '250m', memory: '256Mi', 'ephemeral-storage': '1Gi' };
    expect((spec as { template: { spec: unknown } }).template.spec).toEqual({
      automountServiceAccountToken: false,
      serviceAccountName: 'notification',
      priorityClassName: 'millrace-serving',
      terminationGracePeriodSeconds: 45,
      enableServiceLinks: false,
      dnsPolicy: 'ClusterFirst',
      hostNetwork: false,
      restartPolicy: 'Always',
      setHostnameAsFQDN: false,
      shareProcessNamespace: false,
      securityContext: {
        fsGroup: user,
        fsGroupChangePolicy: 'Always',
        runAsUser: user,
        runAsGroup: user,
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      volumes: [{ name: 'temporary', emptyDir: { sizeLimit: '512Mi' } }],
      containers: [
        {
          name: 'notification',
          image: `777788889999.dkr.ecr.us-east-1.amazonaws.com/millrace/notification@${digest}`,
          imagePullPolicy: 'Always',
          ports: [{ name: 'http', containerPort: 8080 }],
          env: [
            { name: 'MILLRACE_WORKLOAD', value: 'api' },
            { name: 'AWS_REGION', value: 'us-east-1' },
            { name: 'NODE_OPTIONS', value: '--max-semi-space-size=8 --max-old-space-size=96' },
          ],
          envFrom: [{ configMapRef: { name: 'notification' } }],
          lifecycle: { preStop: { sleep: { seconds: 15 } } },
          resources: { requests: amount, limits: amount },
          readinessProbe: probe('/readyz', 5, { timeoutSeconds: 3, failureThreshold: 3 }),
          livenessProbe: probe('/healthz', 10, { timeoutSeconds: 2, failureThreshold: 3 }),
          startupProbe: probe('/healthz', 2, { timeoutSeconds: 2, failureThreshold: 30 }),
          securityContext: {
            allowPrivilegeEscalation: false,
            capabilities: { drop: ['ALL'] },
            privileged: false,
            readOnlyRootFilesystem: true,
            runAsUser: user,
            runAsGroup: user,
            runAsNonRoot: true,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          volumeMounts: [{ name: 'temporary', mountPath: '/tmp' }],
        },
      ],
    });
  });

  it('of a larger size gets no settings for half a gigabyte', () => {
    const pod = podTemplateOf(named('analytics/rollout-analytics-api'));
    expect(JSON.stringify(pod?.spec)).not.toContain('NODE_OPTIONS');
  });

  it('has time for its longest handler', () => {
    const payment = services.find(({ name }) => name === 'payment');
    if (!payment) throw new Error('payment is gone from the catalog');
    const consumes = payment.consumes.map((subscription) => ({ ...subscription, deadlineSeconds: 60 }));
    expect(graceSecondsOf(payment, 'worker')).toBe(35);
    expect(graceSecondsOf({ ...payment, consumes }, 'worker')).toBe(70);
  });
});

describe('a Deployment', () => {
  it('is one for each zone where its replicas are spread, each in its zone’s profile', () => {
    const zoned = services.map((service) => (service.name === 'user' ? inZones(service) : service));
    const slices = render('prod', zoned).filter((each) => fileOf(each).startsWith('user/deployment-user-api'));
    const places = slices.map((slice) => {
      const labels = podTemplateOf(slice)?.labels ?? {};
      return `${slice.metadata.name} ${labels['millrace.dev/zone']} ${labels['eks.amazonaws.com/fargate-profile']}`;
    });
    expect(places.map((place) => place.replace(/-[0-9a-f]{8}$/, ''))).toEqual([
      'user-api-a a prod-zone-a',
      'user-api-b b prod-zone-b',
      'user-api-c c prod-zone-c',
    ]);
    for (const { spec } of slices) expect(spec).not.toHaveProperty('replicas');
  });

  it('never runs two of a singleton, and never fewer of anything else', () => {
    expect(named('analytics/deployment-analytics-loader').spec).toMatchObject({
      replicas: 1,
      strategy: { type: 'Recreate' },
    });
    expect(named('analytics/deployment-analytics-relay').spec).toMatchObject({
      replicas: 2,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    });
  });
});

describe('a migration', () => {
  it('runs once for each release, after identities and before pods, and goes away', () => {
    const job = named('order/job-order-migrate');
    expect(job.metadata.name).toBe(`order-migrate-${testRelease().pins['order']?.revision.slice(0, 12)}`);
    expect(job.metadata.annotations).toEqual({
      'argocd.argoproj.io/sync-wave': '-2',
      'argocd.argoproj.io/hook': 'Sync',
      'argocd.argoproj.io/hook-delete-policy': 'BeforeHookCreation',
    });
    expect(job.spec).toMatchObject({ activeDeadlineSeconds: 600, backoffLimit: 2, ttlSecondsAfterFinished: 120 });
    const pod = podTemplateOf(job);
    expect(pod?.spec).toMatchObject({ restartPolicy: 'Never', serviceAccountName: 'order' });
    expect(pod?.labels['millrace.dev/zone']).toBe('any');
    expect(JSON.stringify(pod?.spec)).toContain('{"name":"MILLRACE_WORKLOAD","value":"migrate"}');
  });

  it('is not there where there is no database', () => {
    expect(prod.map(fileOf).filter((file) => file.startsWith('dashboard/job-dashboard-migrate'))).toEqual([]);
  });
});

describe('a smoke test', () => {
  it('runs after each release is healthy, for every service, with its own image, and goes away', () => {
    for (const { name } of services) {
      const job = named(`${name}/job-${name}-smoke`);
      expect(job.metadata.annotations).toEqual({
        'argocd.argoproj.io/sync-wave': '0',
        'argocd.argoproj.io/hook': 'PostSync',
        'argocd.argoproj.io/hook-delete-policy': 'BeforeHookCreation',
      });
      expect(job.spec).toMatchObject({ activeDeadlineSeconds: 480, backoffLimit: 1, ttlSecondsAfterFinished: 120 });
      const pod = podTemplateOf(job);
      expect(pod?.spec).toMatchObject({ restartPolicy: 'Never', serviceAccountName: name });
      expect(JSON.stringify(pod?.spec)).toContain('{"name":"MILLRACE_WORKLOAD","value":"smoke"}');
      expect(JSON.stringify(pod?.spec)).toContain(`/millrace/${name}@${testRelease().pins[name]?.digest}`);
    }
  });
});

describe('the load balancer', () => {
  const ingresses = prod.filter(({ kind }) => kind === 'Ingress');
  const annotation = ({ metadata }: Manifest, name: string): string | undefined =>
    metadata.annotations?.[`alb.ingress.kubernetes.io/${name}`];

  it('is one, with TLS, WAF and logs whichever Ingress is read', () => {
    expect(ingresses.length).toBe(services.length);
    const { edge } = testPlatform('prod');
    for (const ingress of ingresses) {
      expect(annotation(ingress, 'group.name')).toBe('millrace');
      expect(annotation(ingress, 'target-type')).toBe('ip');
      expect(annotation(ingress, 'wafv2-acl-arn')).toBe(edge.wafAclArn);
      expect(annotation(ingress, 'certificate-arn')).toBe(edge.certificateArn);
      expect(annotation(ingress, 'load-balancer-attributes')).toContain('access_logs.s3.enabled=true');
    }
  });

  it('asks the page last, and everybody else by the catalog’s paths', () => {
    const last = ingresses.toSorted(
      (a, b) => Number(annotation(a, 'group.order')) - Number(annotation(b, 'group.order')),
    );
    expect(last.at(-1)?.metadata.name).toBe('dashboard');
    expect(Number(annotation(last.at(-1) as Manifest, 'group.order'))).toBeGreaterThan(
      Number(annotation(last.at(-2) as Manifest, 'group.order')),
    );
    const staging = render('staging').find((each) => fileOf(each) === 'product/ingress-product.yaml');
    const rules = fieldOf(staging, 'spec', 'rules');
    const backend = { service: { name: 'product-api', port: { number: 8080 } } };
    expect(rules).toEqual([
      {
        host: 'staging.millrace.example',
        http: {
          paths: [
            { path: '/api/product/', pathType: 'Prefix', backend },
            { path: '/api/products', pathType: 'Exact', backend },
            { path: '/api/products/', pathType: 'Prefix', backend },
          ],
        },
      },
    ]);
  });
});

describe('the log router', () => {
  it('gets settings within Fargate’s limits', () => {
    const { data } = named('aws-observability/configmap-aws-logging') as { data?: Record<string, string> };
    const settings = data ?? {};
    expect(Object.values(settings).join('').length).toBeLessThan(5_300);
    expect(Object.keys(settings).sort()).toEqual(['filters.conf', 'flb_log_cw', 'output.conf', 'parsers.conf']);
    expect(JSON.stringify(settings)).not.toContain('${');
    const filters = [...(settings['filters.conf'] ?? '').matchAll(/^ {4}Name (\w+)$/gm)].map(([, name]) => name);
    expect(filters).toEqual(['parser', 'kubernetes']);
    expect(settings['output.conf']).toMatch(/Name cloudwatch_logs[\s\S]*log_group_name \/millrace\/prod\n/);
    expect(named('aws-observability/namespace-').metadata.labels?.['aws-observability']).toBe('enabled');
  });
});
