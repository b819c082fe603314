import { defineEvent } from '@millrace/catalog/event.ts';
import { z } from 'zod';
import type { BadSet } from './bad-sets.ts';
import { withService } from './bad-sets.ts';
import type { Loose } from './sets.ts';
import { goodSet, withCopy, withObject, withoutObject } from './sets.ts';

const prod = goodSet('prod');
const worker = 'order/deployment-order-worker.yaml';
const pod = (manifest: Loose): Loose => manifest.spec.template;

const unsampled = defineEvent('Odd', {
  publisher: 'user',
  version: 1,
  data: z.object({ code: z.string().regex(/^(?=.*7)[a-z7]{3}$/) }),
});

/** Projects, delivery, events, routes, images and variables. */
export const badSettings: readonly BadSet[] = [
  {
    code: 'X501',
    proof: 'appProjects',
    what: 'a Secret',
    set: withCopy(prod, 'order/configmap-order.yaml', (manifest) => {
      manifest.kind = 'Secret';
    }),
    place: 'manifests/prod/order/secret-order.yaml',
    message: 'project order may not apply /Secret',
  },
  {
    code: 'X502',
    proof: 'appProjects',
    what: 'a namespace of nobody',
    set: withCopy(prod, 'order/configmap-order.yaml', (manifest) => {
      manifest.metadata.namespace = 'elsewhere';
    }),
    place: 'manifests/prod/elsewhere/configmap-order.yaml',
    message: 'no project has the namespace elsewhere',
  },
  {
    code: 'X503',
    proof: 'appProjects',
    what: 'a kind that is allowed and not used',
    set: withoutObject(prod, 'order/triggerauthentication-order.yaml'),
    place: 'charts/delivery/project-scopes.ts order',
    message: 'keda.sh/TriggerAuthentication. Take it off the list',
  },
  {
    code: 'X701',
    proof: 'eventGraph',
    what: 'an event that nobody consumes',
    set: goodSet(
      'prod',
      withService('notification', ({ consumes }) => ({ consumes: consumes.slice(0, -1) })),
    ),
    place: 'catalog/services.ts order.publishes OrderDelivered',
    message: 'nobody consumes OrderDelivered@1 in prod',
  },
  {
    code: 'X701',
    proof: 'eventGraph',
    what: 'a subscription that nobody feeds',
    set: goodSet(
      'prod',
      withService('user', () => ({ publishes: [] })),
    ),
    place: 'catalog/services.ts product.consumes[0]',
    message: 'nobody publishes UserRegistered@1 in prod',
  },
  {
    code: 'X702',
    proof: 'eventRules',
    also: 'eventGraph',
    what: 'an event of which no sample can be made',
    set: { ...prod, services: withService('user', ({ publishes }) => ({ publishes: [...publishes, unsampled] })) },
    place: 'catalog/events/user.ts Odd',
    message: 'code has a form that catalog/sample.ts lacks',
  },
  {
    code: 'X702',
    proof: 'eventRules',
    what: 'a filter that no event can pass',
    set: {
      ...prod,
      services: withService('user', ({ consumes }) => ({
        consumes: consumes.map((each) => (each.filter ? { ...each, filter: { data: { userId: ['nobody'] } } } : each)),
      })),
    },
    place: 'catalog/services.ts user.consumes[0]',
    message: 'no sample of OrderPlaced can be made that passes the filter of rule prod-millrace-user-OrderPlaced',
  },
  {
    code: 'X601',
    proof: 'graces',
    what: 'a grace shorter than drain and work',
    set: withObject(prod, worker, (manifest) => {
      pod(manifest).spec.terminationGracePeriodSeconds = 30;
    }),
    place: `manifests/prod/${worker} spec.template.spec.terminationGracePeriodSeconds`,
    message: '30 s ≤ drain 5 s + work 25 s',
  },
  {
    code: 'X602',
    proof: 'drains',
    what: 'a load balancer that sends to pods that are gone',
    set: withObject(prod, 'dashboard/ingress-dashboard.yaml', (ingress) => {
      ingress.metadata.annotations['alb.ingress.kubernetes.io/target-group-attributes'] = 'a=b';
    }),
    place: 'manifests/prod/dashboard/rollout-dashboard-api.yaml spec.template.spec.containers[0].lifecycle',
    message: 'the load balancer sends for 300 s',
  },
  {
    code: 'X603',
    proof: 'connections',
    what: 'pools larger than the database',
    set: { ...prod, platform: { ...prod.platform, aurora: { ...prod.platform.aurora, maxConnections: 500 } } },
    place: 'catalog/platform.prod.json aurora.maxConnections',
    message: 'the database takes 500 and keeps 15',
  },
  {
    code: 'X801',
    proof: 'ingressRoutes',
    what: 'a path with two owners',
    set: withCopy(prod, 'order/ingress-order.yaml', (ingress) => {
      ingress.metadata.name = 'second';
      const { http } = ingress.spec.rules[0];
      http.paths = http.paths.filter(({ path }: { path: string }) => path === '/api/orders');
    }),
    place: 'manifests/prod/order/ingress-second.yaml spec.rules /api/orders',
    message: 'One path has one owner',
  },
  {
    code: 'X802',
    proof: 'ingressRoutes',
    what: 'a catch-all that is tried first',
    set: withObject(prod, 'dashboard/ingress-dashboard.yaml', (ingress) => {
      ingress.metadata.annotations['alb.ingress.kubernetes.io/group.order'] = '1';
    }),
    place: 'manifests/prod/order/ingress-order.yaml spec.rules /api/orders',
    message: 'Give the wider path a higher group.order',
  },
  {
    code: 'X803',
    proof: 'ingressRoutes',
    what: 'a backend that is not there',
    set: withObject(prod, 'dashboard/ingress-dashboard.yaml', (ingress) => {
      ingress.spec.rules[0].http.paths[0].backend.service = { name: 'gone', port: { number: 8080 } };
    }),
    place: 'manifests/prod/dashboard/ingress-dashboard.yaml spec.rules /',
    message: 'there is no Service gone',
  },
  {
    code: 'X804',
    proof: 'ingressRoutes',
    what: 'another host',
    set: withObject(prod, 'dashboard/ingress-dashboard.yaml', (ingress) => {
      ingress.spec.rules[0].host = 'elsewhere.example';
    }),
    place: 'manifests/prod/dashboard/ingress-dashboard.yaml spec.rules /',
    message: 'Write millrace.example',
  },
  {
    code: 'X804',
    proof: 'ingressRoutes',
    what: 'a route without an Ingress',
    set: withObject(prod, 'order/ingress-order.yaml', (ingress) => {
      ingress.spec.rules[0].http.paths.pop();
    }),
    place: 'catalog/services.ts order.workloads',
    message: 'no Ingress in prod has /api/orders',
  },
  {
    code: 'X901',
    proof: 'images',
    what: 'an image by tag',
    set: withObject(prod, worker, (manifest) => {
      pod(manifest).spec.containers[0].image = 'millrace/order:latest';
    }),
    place: `manifests/prod/${worker} spec.template.spec`,
    message: 'Write 777788889999.dkr.ecr.us-east-1.amazonaws.com/millrace/order@sha256:',
  },
  {
    code: 'X902',
    proof: 'images',
    what: 'a mark of an example on a release',
    set: withObject(prod, worker, (manifest) => {
      manifest.metadata.annotations['millrace.dev/example-image'] = 'true';
    }),
    place: `manifests/prod/${worker} metadata.annotations`,
    message: 'Take millrace.dev/example-image away',
  },
  {
    code: 'X911',
    proof: 'variables',
    what: 'a variable that nothing reads',
    set: withObject(prod, 'dashboard/configmap-dashboard.yaml', (map) => {
      map.data.LOG_LEVLE = 'info';
    }),
    place: 'manifests/prod/dashboard/rollout-dashboard-api.yaml',
    message: 'no config of dashboard reads LOG_LEVLE',
  },
  {
    code: 'X912',
    proof: 'variables',
    what: 'a variable that is missing',
    set: withObject(prod, 'dashboard/configmap-dashboard.yaml', (map) => {
      map.data.PUBLIC_URL = undefined;
    }),
    place: 'manifests/prod/dashboard/rollout-dashboard-api.yaml',
    message: 'PUBLIC_URL is missing',
  },
  {
    code: 'X913',
    proof: 'variables',
    what: 'a ConfigMap that is not there',
    set: withObject(prod, 'dashboard/rollout-dashboard-api.yaml', (manifest) => {
      pod(manifest).spec.containers[0].envFrom[0].configMapRef.name = 'gone';
    }),
    place: 'manifests/prod/dashboard/rollout-dashboard-api.yaml',
    message: 'there is no ConfigMap gone',
  },
  {
    code: 'X915',
    proof: 'addresses',
    what: 'an address where nothing answers',
    set: withObject(prod, 'order/configmap-order.yaml', (map) => {
      map.data.PRODUCT_URL = 'http://product-worker.product.svc.cluster.local:8081';
    }),
    place: 'manifests/prod/order/rollout-order-api.yaml',
    message: 'where nothing answers. Write the name and port of a Service of product',
  },
  {
    code: 'X916',
    proof: 'addresses',
    what: 'the address of a service that nobody said it calls',
    set: withObject(prod, 'order/configmap-order.yaml', (map) => {
      map.data.PRODUCT_URL = 'http://user-api.user.svc.cluster.local:8080/';
    }),
    place: 'manifests/prod/order/rollout-order-api.yaml',
    message: 'order does not declare that it calls user. Add it to its access',
  },
  {
    code: 'X914',
    proof: 'variables',
    what: 'a password in a variable',
    set: withObject(prod, 'dashboard/configmap-dashboard.yaml', (map) => {
      map.data.CACHE_URL = 'rediss://me:hunter2@cache.example:6379';
    }),
    place: 'manifests/prod/dashboard/rollout-dashboard-api.yaml',
    message: 'looks like a URL with a password',
  },
];
