import { services } from '@millrace/catalog/services.ts';
import type { BadSet } from './bad-sets.ts';
import type { Loose } from './sets.ts';
import { goodSet, inZones, withObject, withoutObject, zonedSet } from './sets.ts';

const prod = goodSet('prod');
const zoned = zonedSet();
const api = 'order/deployment-order-api-a.yaml';
const rollout = 'order/rollout-order-api.yaml';
const pod = (manifest: Loose): Loose => manifest.spec.template;

/** Zones and canaries. */
export const badSlices: readonly BadSet[] = [
  {
    code: 'X201',
    proof: 'zoneSlices',
    what: 'a slice that is not rendered as the slice that it should be',
    set: withObject(zoned, 'order/deployment-order-api-b.yaml', (manifest) => {
      pod(manifest).metadata.labels['millrace.dev/zone'] = 'c';
      pod(manifest).metadata.labels['eks.amazonaws.com/fargate-profile'] = profileOf('c');
    }),
    place: `manifests/prod/${api}`,
    message: 'Render one for each of a, b',
  },
  {
    code: 'X202',
    proof: 'zoneSlices',
    what: 'a slice that may run in any zone',
    set: withObject(zoned, 'order/deployment-order-api-b.yaml', (manifest) => {
      pod(manifest).metadata.labels['millrace.dev/zone'] = 'any';
      pod(manifest).metadata.labels['eks.amazonaws.com/fargate-profile'] = profileOf('any');
    }),
    place: 'manifests/prod/order/deployment-order-api-b.yaml spec.template.metadata.labels',
    message: 'Choose the profile of zone any alone',
  },
  {
    code: 'X203',
    proof: 'zoneSlices',
    what: 'a workload that is to be spread and has one pod',
    set: goodSet(
      'prod',
      services.map((service) => (service.name === 'order' ? inZones(service, 1) : service)),
    ),
    place: `manifests/prod/${api}`,
    message: 'Write 2 replicas or more',
  },
  {
    code: 'X204',
    proof: 'sliceCounts',
    what: 'slices that run fewer pods than the catalog says',
    set: withObject(zoned, 'user/horizontalpodautoscaler-user-api-c.yaml', (scaler) => {
      scaler.spec.minReplicas = 0;
    }),
    place: 'manifests/prod/user/deployment-user-api-a.yaml',
    message: 'The catalog says 3 to 6',
  },
  {
    code: 'X204',
    proof: 'sliceCounts',
    what: 'slices that may grow beyond the maximum',
    set: withObject(zoned, 'user/horizontalpodautoscaler-user-api-c.yaml', (scaler) => {
      scaler.spec.maxReplicas = 9;
    }),
    place: 'manifests/prod/user/deployment-user-api-a.yaml',
    message: '1 + 1 + 1 to 13 pods',
  },
  {
    code: 'X204',
    proof: 'sliceCounts',
    what: 'a slice that runs nothing while another runs for it',
    set: withObject(
      withObject(zoned, 'user/horizontalpodautoscaler-user-api-c.yaml', (scaler) => {
        scaler.spec.minReplicas = 0;
      }),
      'user/horizontalpodautoscaler-user-api-a.yaml',
      (scaler) => {
        scaler.spec.minReplicas = 2;
      },
    ),
    place: 'manifests/prod/user/deployment-user-api-a.yaml',
    message: '2 + 1 + 0 to 6 pods',
  },
  {
    code: 'X205',
    proof: 'canaries',
    also: 'appProjects',
    what: 'a canary that is a Deployment',
    set: withObject(
      withObject(prod, 'order/horizontalpodautoscaler-order-api.yaml', (scaler) => {
        scaler.spec.scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'order-api' };
      }),
      rollout,
      (manifest) => {
        Object.assign(manifest, { apiVersion: 'apps/v1', kind: 'Deployment' });
        manifest.spec.strategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
      },
    ),
    place: `manifests/prod/${rollout.replace('rollout', 'deployment')}`,
    message: 'the catalog makes order.api a Rollout in prod',
  },
  {
    code: 'X206',
    proof: 'canaries',
    what: 'a canary without its Ingress',
    set: withObject(prod, rollout, (manifest) => {
      manifest.spec.strategy.canary.trafficRouting.alb.ingress = 'gone';
    }),
    place: `manifests/prod/${rollout} spec.strategy.canary`,
    message: 'there is no Ingress gone',
  },
  {
    code: 'X206',
    proof: 'canaries',
    also: 'ingressRoutes',
    what: 'a canary without its second target group',
    set: withoutObject(prod, 'order/service-order-api-pong.yaml'),
    place: `manifests/prod/${rollout} spec.strategy.canary`,
    message: 'there is no Service order-api-pong',
  },
  {
    code: 'X206',
    proof: 'canaries',
    also: 'appProjects',
    what: 'a canary that nothing judges',
    set: withoutObject(prod, 'order/analysistemplate-order-api.yaml'),
    place: `manifests/prod/${rollout} spec.strategy.canary`,
    message: 'there is no AnalysisTemplate order-api',
  },
  {
    code: 'X803',
    proof: 'ingressRoutes',
    what: 'a canary whose Ingress does not say where its requests go',
    set: withObject(prod, 'order/ingress-order.yaml', ({ metadata }) => {
      metadata.annotations['alb.ingress.kubernetes.io/actions.order-api'] = 'order-api';
    }),
    place: 'manifests/prod/order/ingress-order.yaml spec.rules /api/orders',
    message: 'Write alb.ingress.kubernetes.io/actions.order-api',
  },
  {
    code: 'X803',
    proof: 'ingressRoutes',
    what: 'a canary whose requests go to a port that is not there',
    set: withObject(prod, 'order/ingress-order.yaml', ({ metadata: { annotations } }) => {
      const name = 'alb.ingress.kubernetes.io/actions.order-api';
      annotations[name] = annotations[name].replace('"8080"', '"80"');
    }),
    place: 'manifests/prod/order/ingress-order.yaml spec.rules /api/orders',
    message: 'Service order-api-pong has no port 80',
  },
];

function profileOf(zone: string): string {
  const found = zoned.manifests.find(({ metadata }) => metadata.labels?.['millrace.dev/zone'] === zone);
  return found?.metadata.labels?.['eks.amazonaws.com/fargate-profile'] ?? '';
}
