import { services } from '@millrace/catalog/services.ts';
import type { Manifest } from '@millrace/fargate/manifest.ts';
import { describe, expect, it } from 'vitest';
import { fileOf, renderEnvironment } from './render.ts';
import { testPlatform } from './testing/platforms.ts';
import { testRelease } from './testing/releases.ts';

const platform = testPlatform('prod');
const release = testRelease();
const manifests = renderEnvironment({ services, environment: 'prod', platform, release });
const revision = release.pins['notification']?.revision.slice(0, 12) ?? '';
const account = platform.account;

/** An object without what every object of the service has alike, which is checked here. */
function find(file: string, component: string): Omit<Manifest, 'metadata'> & { annotations: unknown; labels: unknown } {
  const manifest = manifests.find((each) => fileOf(each) === file);
  if (!manifest) throw new Error(`${file} was not rendered`);
  const { metadata, ...rest } = manifest;
  const labels = { ...metadata.labels };
  for (const [name, value] of Object.entries(ownLabels(component))) {
    expect(`${name}: ${labels[name]}`).toBe(`${name}: ${value}`);
    delete labels[name];
  }
  return { ...rest, annotations: metadata.annotations, labels };
}

const ownLabels = (component: string): Record<string, string> => ({
  'app.kubernetes.io/name': 'notification',
  'app.kubernetes.io/component': component,
  'app.kubernetes.io/part-of': 'millrace',
  'app.kubernetes.io/managed-by': 'argocd',
  'app.kubernetes.io/version': revision,
  'millrace.dev/owner': 'accounts',
  'millrace.dev/data-class': 'personal',
  'millrace.dev/environment': 'prod',
});
const selected = (component: string): Record<string, string> => ({
  'app.kubernetes.io/name': 'notification',
  'app.kubernetes.io/component': component,
});
/** What does not go from prod without a person's word. */
const confirmed = { 'argocd.argoproj.io/sync-options': 'Prune=confirm,Delete=confirm' };
const wave = (number: number): Record<string, string> => ({ 'argocd.argoproj.io/sync-wave': String(number) });

describe('the notification service in prod', () => {
  it('has these objects and no more', () => {
    expect(manifests.map(fileOf).filter((file) => file.startsWith('notification/'))).toEqual([
      'notification/analysistemplate-notification-api.yaml',
      'notification/configmap-notification.yaml',
      'notification/deployment-notification-worker.yaml',
      'notification/horizontalpodautoscaler-notification-api.yaml',
      'notification/ingress-notification.yaml',
      `notification/job-notification-migrate-${revision}.yaml`,
      `notification/job-notification-smoke-${revision}.yaml`,
      'notification/namespace-notification.yaml',
      'notification/networkpolicy-allow-egress.yaml',
      'notification/networkpolicy-allow-http.yaml',
      'notification/networkpolicy-default-deny.yaml',
      'notification/poddisruptionbudget-notification-api.yaml',
      'notification/poddisruptionbudget-notification-worker.yaml',
      'notification/rollout-notification-api.yaml',
      'notification/scaledobject-notification-worker.yaml',
      'notification/securitygrouppolicy-notification.yaml',
      'notification/service-notification-api-ping.yaml',
      'notification/service-notification-api-pong.yaml',
      'notification/service-notification-api.yaml',
      'notification/service-notification-worker.yaml',
      'notification/serviceaccount-notification.yaml',
      'notification/triggerauthentication-notification.yaml',
    ]);
  });

  it('is walled in before it runs: namespace, identity, security group', () => {
    const levels = ['enforce', 'audit', 'warn'].flatMap((mode) => [
      [`pod-security.kubernetes.io/${mode}`, 'restricted'],
      [`pod-security.kubernetes.io/${mode}-version`, 'v1.35'],
    ]);
    expect(find('notification/namespace-notification.yaml', 'service')).toEqual({
      apiVersion: 'v1',
      kind: 'Namespace',
      annotations: { ...wave(-5), ...confirmed },
      labels: { ...Object.fromEntries(levels), 'elbv2.k8s.aws/pod-readiness-gate-inject': 'enabled' },
      spec: {},
    });
    expect(find('notification/serviceaccount-notification.yaml', 'service')).toEqual({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      annotations: {
        ...wave(-4),
        'eks.amazonaws.com/role-arn': `arn:aws:iam::${account}:role/prod-millrace-notification`,
        'eks.amazonaws.com/sts-regional-endpoints': 'true',
        'eks.amazonaws.com/token-expiration': '3600',
      },
      labels: {},
      automountServiceAccountToken: false,
    });
    expect(find('notification/securitygrouppolicy-notification.yaml', 'service')).toEqual({
      apiVersion: 'vpcresources.k8s.aws/v1beta1',
      kind: 'SecurityGroupPolicy',
      annotations: { ...wave(-4), ...confirmed },
      labels: {},
      spec: {
        podSelector: { matchLabels: { 'app.kubernetes.io/name': 'notification' } },
        securityGroups: {
          groupIds: [platform.services['notification']?.securityGroupId],
        },
      },
    });
  });

  it('scales its worker on each of its queues, and its API on CPU', () => {
    const queue = (event: string): object => ({
      type: 'aws-sqs-queue',
      name: event,
      metadata: {
        queueURL: `https://sqs.us-east-1.amazonaws.com/${account}/prod-millrace-notification-${event}`,
        queueLength: '50',
        awsRegion: 'us-east-1',
        scaleOnInFlight: 'true',
      },
      authenticationRef: { name: 'notification' },
    });
    const events = [
      'UserRegistered',
      'OrderConfirmed',
      'OrderRejected',
      'OrderCancelled',
      'OrderShipped',
      'OrderDelivered',
    ];
    expect(find('notification/scaledobject-notification-worker.yaml', 'worker')).toEqual({
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      annotations: wave(1),
      labels: {},
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'notification-worker' },
        minReplicaCount: 2,
        maxReplicaCount: 6,
        pollingInterval: 15,
        cooldownPeriod: 300,
        fallback: { failureThreshold: 3, replicas: 2 },
        triggers: events.map(queue),
      },
    });
    expect(find('notification/triggerauthentication-notification.yaml', 'service').spec).toEqual({
      podIdentity: { provider: 'aws' },
    });
    expect(find('notification/horizontalpodautoscaler-notification-api.yaml', 'api').spec).toMatchObject({
      minReplicas: 2,
      maxReplicas: 6,
      scaleTargetRef: { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'notification-api' },
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } },
      ],
    });
  });

  it('is reached inside by one address and loses one pod at a time', () => {
    expect(find('notification/service-notification-api.yaml', 'api')).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      annotations: wave(0),
      labels: {},
      spec: {
        type: 'ClusterIP',
        selector: selected('api'),
        ports: [{ name: 'http', port: 8080, targetPort: 8080 }],
      },
    });
    expect(find('notification/poddisruptionbudget-notification-worker.yaml', 'worker')).toEqual({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      annotations: { ...wave(1), ...confirmed },
      labels: {},
      spec: {
        maxUnavailable: 1,
        selector: { matchLabels: selected('worker') },
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
      },
    });
  });

  it('tells its pods where everything is, and no secret', () => {
    expect(find('notification/configmap-notification.yaml', 'service').data).toEqual({
      MILLRACE_ENVIRONMENT: 'prod',
      HOST: '0.0.0.0',
      PORT: '8080',
      LOG_LEVEL: 'info',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.opentelemetry.svc.cluster.local:4318',
      MALLOC_ARENA_MAX: '2',
      DATABASE_URL: `postgresql://notification@${platform.aurora.writer}:5432/notification`,
      DATABASE_IAM: 'true',
      EVENT_BUS_NAME: 'prod-millrace',
      ISSUER_URL: platform.identity.issuerUrl,
      JWKS_URL: platform.identity.jwksUrl,
      CLIENT_IDS: platform.identity.clientIds.join(','),
      MAIL_FROM: 'no-reply@millrace.example',
      MAIL_TRANSPORT: 'ses',
      SIGNING_KEY_SECRET_ARN: platform.services['notification']?.secrets?.['SIGNING_KEY'],
    });
  });

  it('tells pods where the services are that theirs may call, their buckets and where a provider calls back', () => {
    const inside = (service: string): string => `http://${service}-api.${service}.svc.cluster.local:8080`;
    const bucket = (name: string): string => `prod-millrace-${name}-777788889999`;
    const dataOf = (service: string) =>
      manifests.find((each) => fileOf(each) === `${service}/configmap-${service}.yaml`)?.['data'];
    expect(dataOf('order')).toMatchObject({ PRODUCT_URL: inside('product') });
    expect(dataOf('user')).toMatchObject({ UPLOADS_BUCKET: bucket('uploads') });
    expect(dataOf('payment')).toMatchObject({
      WEBHOOK_URL: `${inside('payment')}/api/payments/webhook`,
      WEBHOOK_KEY_SECRET_ARN: expect.stringContaining(':secret:prod/millrace/payment/webhook-key-'),
    });
    expect(dataOf('dashboard')).toMatchObject({
      ANALYTICS_URL: inside('analytics'),
      NOTIFICATION_URL: inside('notification'),
      UPLOAD_ORIGIN: ['uploads', 'products']
        .map((name) => `https://${bucket(name)}.s3.us-east-1.amazonaws.com`)
        .join(' '),
    });
    expect(dataOf('dashboard')).not.toHaveProperty('API_URL');
  });

  it('tells pods as whom they sign in to the cache and the warehouse, and where a password comes from', () => {
    const dataOf = (service: string) =>
      manifests.find((each) => fileOf(each) === `${service}/configmap-${service}.yaml`)?.['data'];
    const { cache, warehouse } = platform;
    const cacheOf = (service: string) => ({
      CACHE_URL: `rediss://prod-millrace-${service}@${cache.host}:${cache.port}`,
      CACHE_REPLICATION_GROUP: 'prod-millrace',
    });
    const address = `${warehouse.host}:${warehouse.port}/${warehouse.database}?sslmode=verify-full`;
    expect(dataOf('dashboard')).toMatchObject(cacheOf('dashboard'));
    expect(dataOf('analytics')).toMatchObject({
      ...cacheOf('analytics'),
      WAREHOUSE_URL: `redshift://IAMR%3Aprod-millrace-analytics@${address}`,
      WAREHOUSE_WORKGROUP: 'prod-millrace',
    });
  });
});
