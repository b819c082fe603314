import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import type { Service } from '@millrace/catalog/service.ts';
import { services } from '@millrace/catalog/services.ts';
import { fieldOf } from '@millrace/fargate/fields.ts';
import type { Manifest } from '@millrace/fargate/manifest.ts';
import { describe, expect, it } from 'vitest';
import { analysisSeconds } from './analysis.ts';
import { fileOf, renderEnvironment } from './render.ts';
import { testPlatform } from './testing/platforms.ts';
import { testRelease } from './testing/releases.ts';

const render = (environment: EnvironmentName, given: readonly Service[] = services): Manifest[] =>
  renderEnvironment({ services: given, environment, platform: testPlatform(environment), release: testRelease() });
const prod = render('prod');
const named = (file: string, among = prod): Manifest => {
  const manifest = among.find((each) => fileOf(each) === file);
  if (!manifest) throw new Error(`${file} was not rendered`);
  return manifest;
};
const specOf = (file: string, among = prod): Record<string, unknown> =>
  named(file, among).spec as Record<string, unknown>;

/** Prod with another workload than the catalog's in place of the order API. */
const withApi = (change: object): Manifest[] =>
  render(
    'prod',
    services.map((service) =>
      service.name === 'order'
        ? ({
            ...service,
            workloads: { ...service.workloads, api: { ...service.workloads['api'], ...change } },
          } as Service)
        : service,
    ),
  );

describe('a canary', () => {
  it('is every API of prod, and none elsewhere', () => {
    const apis = services.map(({ name }) => `${name}/rollout-${name}-api.yaml`).toSorted();
    expect(prod.filter(({ kind }) => kind === 'Rollout').map(fileOf)).toEqual(apis);
    for (const environment of ['dev', 'staging'] as const) {
      const kinds = new Set(render(environment).map(({ kind }) => kind));
      expect([kinds.has('Rollout'), kinds.has('AnalysisTemplate')]).toEqual([false, false]);
    }
  });

  it('has the pods of the Deployment that it would be, label by label', () => {
    const [as, instead] = [
      named('order/rollout-order-api.yaml'),
      named('order/deployment-order-api.yaml', withApi({ canary: [] })),
    ];
    expect(as.metadata).toEqual(instead.metadata);
    for (const field of ['selector', 'template', 'revisionHistoryLimit', 'replicas']) {
      expect(fieldOf(as, 'spec', field)).toEqual(fieldOf(instead, 'spec', field));
    }
    expect(specOf('order/rollout-order-api.yaml', withApi({ scaleOn: undefined }))['replicas']).toBe(2);
  });

  it('answers a tenth of the requests, is judged, and goes back without a pod to start', () => {
    const { strategy, progressDeadlineSeconds, progressDeadlineAbort, rollbackWindow, analysis } =
      specOf('order/rollout-order-api.yaml');
    expect({ progressDeadlineSeconds, progressDeadlineAbort, rollbackWindow, analysis }).toEqual({
      progressDeadlineSeconds: 600,
      progressDeadlineAbort: true,
      rollbackWindow: { revisions: 2 },
      analysis: { successfulRunHistoryLimit: 3, unsuccessfulRunHistoryLimit: 3 },
    });
    expect(strategy).toEqual({
      canary: {
        stableService: 'order-api',
        pingPong: { pingService: 'order-api-ping', pongService: 'order-api-pong' },
        trafficRouting: { alb: { ingress: 'order', rootService: 'order-api', servicePort: 8080 } },
        maxSurge: '100%',
        maxUnavailable: 0,
        minPodsPerReplicaSet: 2,
        scaleDownDelaySeconds: 60,
        abortScaleDownDelaySeconds: 60,
        steps: [
          { setWeight: 10 },
          {
            analysis: {
              templates: [{ templateName: 'order-api' }],
              args: [{ name: 'canary-hash', valueFrom: { podTemplateHashValue: 'Latest' } }],
            },
          },
        ],
      },
    });
  });

  it('has a Service for each target group, over the same pods as the one that others call', () => {
    const [own, ping, pong] = ['', '-ping', '-pong'].map((end) => specOf(`order/service-order-api${end}.yaml`));
    expect(ping).toEqual(own);
    expect(pong).toEqual(own);
  });

  it('is scaled as a Rollout, by its CPU or by its queues', () => {
    const target = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'order-api' };
    expect(specOf('order/horizontalpodautoscaler-order-api.yaml')['scaleTargetRef']).toEqual(target);
    const busy = services.map((service) =>
      service.name === 'order'
        ? {
            ...service,
            consumes: service.consumes.map((each) => ({ ...each, workload: 'api' })),
            workloads: { api: { ...service.workloads['api'], scaleOn: { queueDepth: 50, max: 6 } } } as never,
          }
        : service,
    );
    expect(specOf('order/scaledobject-order-api.yaml', render('prod', busy))['scaleTargetRef']).toEqual(target);
  });
});

describe('the Ingress of a canary', () => {
  const ingress = named('order/ingress-order.yaml');

  it('is right before there is a Rollout, and comes with it: the Rollout does not start without it', () => {
    const group = (name: string, weight: number) => ({ ServiceName: name, ServicePort: '8080', Weight: weight });
    const { annotations = {} } = ingress.metadata;
    expect(JSON.parse(annotations['alb.ingress.kubernetes.io/actions.order-api'] ?? '')).toEqual({
      Type: 'forward',
      ForwardConfig: { TargetGroups: [group('order-api-pong', 0), group('order-api-ping', 100)] },
    });
    const rollout = named('order/rollout-order-api.yaml');
    const wave = 'argocd.argoproj.io/sync-wave';
    expect([annotations[wave], rollout.metadata.annotations?.[wave]]).toEqual(['0', '0']);
    expect(named('order/analysistemplate-order-api.yaml').metadata.annotations?.[wave]).toBe('-3');
  });

  it('sends each path where the annotation says, and without a canary to the Service', () => {
    const backends = (object: Manifest) =>
      (fieldOf(object, 'spec', 'rules') as { http: { paths: { backend: unknown }[] } }[]).flatMap(({ http }) =>
        http.paths.map(({ backend }) => JSON.stringify(backend)),
      );
    expect([...new Set(backends(ingress))]).toEqual([
      '{"service":{"name":"order-api","port":{"name":"use-annotation"}}}',
    ]);
    const plain = named('order/ingress-order.yaml', withApi({ canary: [] }));
    expect([...new Set(backends(plain))]).toEqual(['{"service":{"name":"order-api","port":{"number":8080}}}']);
    expect(Object.keys(plain.metadata.annotations ?? {}).filter((name) => name.includes('/actions.'))).toEqual([]);
  });
});

describe('the analysis of a canary', () => {
  const template = named('order/analysistemplate-order-api.yaml');
  const metrics = fieldOf(template, 'spec', 'metrics') as {
    name: string;
    successCondition: string;
    failureCondition: string;
    provider: { prometheus: { query: string } };
  }[];
  const query = (name: string): string =>
    metrics.find((metric) => metric.name === name)?.provider.prometheus.query ?? '';
  const pods =
    'namespace="order",app_kubernetes_io_name="order",app_kubernetes_io_component="api",' +
    'rollouts_pod_template_hash="{{args.canary-hash}}"';

  it('takes five minutes, asks Amazon’s Prometheus, and needs one answer that says something', () => {
    const { telemetry, region } = testPlatform('prod');
    expect(analysisSeconds).toBe(300);
    expect(fieldOf(template, 'spec', 'args')).toEqual([{ name: 'canary-hash' }]);
    for (const { name, successCondition, failureCondition, provider, ...rest } of metrics) {
      expect(rest).toEqual({
        initialDelay: '30s',
        interval: '30s',
        count: 10,
        failureLimit: 1,
        inconclusiveLimit: 9,
        consecutiveErrorLimit: 4,
      });
      const bound = { 'error-rate': 0.01, p99: 1 }[name];
      expect([successCondition, failureCondition]).toEqual([
        `len(result) == 1 && result[0] <= ${bound}`,
        `len(result) == 1 && result[0] > ${bound}`,
      ]);
      expect(provider.prometheus).toMatchObject({
        address: telemetry.metricsUrl,
        authentication: { sigv4: { region } },
      });
    }
  });

  it('asks for the share of 5xx of the canary’s pods, of enough requests or of errors that are no strays', () => {
    const [all, errors] = [`sum(http_requests_total{${pods}})`, `sum(http_requests_total{${pods},status=~"5.."})`];
    expect(query('error-rate').split('\n')).toEqual([
      '# error-rate: from 100 requests on, or from 3 errors',
      `(${errors} or vector(0)) / ${all}`,
      `and (${all} >= 100 or ${errors} >= 3)`,
    ]);
  });

  it('asks for the 99th percentile of the same pods', () => {
    expect(query('p99').split('\n')).toEqual([
      '# p99: from 100 requests on',
      `histogram_quantile(0.99, sum by (le) (http_request_duration_seconds_bucket{${pods}}))`,
      `and sum(http_request_duration_seconds_count{${pods}}) >= 100`,
    ]);
  });

  it('asks for metrics and labels that the services have', () => {
    const source = readFileSync(join(import.meta.dirname, '../runtime/telemetry.ts'), 'utf8');
    const known = [...source.matchAll(/name: '(http_\w+)'[\s\S]*?labelNames: \[([^\]]+)\]/g)].map(
      ([, name, labels]) => [name, labels],
    );
    expect(known).toEqual([
      ['http_requests_total', "'method', 'route', 'status'"],
      ['http_request_duration_seconds', "'route'"],
    ]);
  });
});
