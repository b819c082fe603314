import type { Service } from '../service.ts';
import { services } from '../services.ts';
import type { Wrong } from './change.ts';
import { without, withService, withSubscription, withWorkload } from './change.ts';

const typingError = { replicas: undefined, replcias: { dev: 1, staging: 2, prod: 2 } };

/** Each service of a catalog changed after another change of it. */
const also = (catalog: readonly Service[], name: string, change: (service: Service) => Wrong): Service[] =>
  catalog.map((service) => (service.name === name ? { ...service, ...change(service) } : service));

/** A short memory of another service: a fault that must always be told. */
const forgetful = (catalog: readonly Service[]): Service[] => also(catalog, 'analytics', () => ({ inboxDays: 7 }));

const forgotten = ['analytics.consumes[0] E042', 'analytics.consumes[1] E042'];

/** Catalogs with a broken member, and exactly what must be told of them: nothing more is wrong. */
export const broken: readonly { what: string; catalog: Service[]; told: string[] }[] = [
  {
    what: 'a typing error, a wrong size and a path of another',
    catalog: withWorkload('order', 'api', { ...typingError, size: '3 vCPU / 1 GB', routes: ['/api/payments'] }),
    told: [
      'order.workloads.api.replcias E010',
      'order.workloads.api.routes[0] E092',
      'order.workloads.api.size E020',
      'payment.workloads.api.routes[0] E092',
    ],
  },
  {
    what: 'a typing error beside an event that nobody publishes',
    catalog: also(withWorkload('order', 'api', typingError), 'user', () => ({ publishes: [] })),
    told: [
      'notification.consumes[0] E031',
      'notification.consumes[0].also[0] E031',
      'notification.consumes[0].also[1] E031',
      'order.consumes[6] E031',
      'order.workloads.api.replcias E010',
      'product.consumes[0] E031',
      'product.consumes[1] E031',
    ],
  },
  ...(
    [
      ['replicas', 'order.workloads.api.replicas'],
      ['size', 'order.workloads.api.size'],
    ] as const
  ).map(([key, place]) => ({
    what: `a workload without ${key}`,
    catalog: forgetful(withWorkload('order', 'api', { [key]: undefined })),
    told: [...forgotten, `${place} E004`],
  })),
  {
    what: 'a singleton without replicas',
    catalog: forgetful(withWorkload('analytics', 'loader', { replicas: undefined })),
    told: [...forgotten, 'analytics.workloads.loader.replicas E004'],
  },
  {
    what: 'a subscription to nothing',
    catalog: forgetful(withSubscription('order', 0, { event: undefined, maxReceives: 50 })),
    told: [...forgotten, 'order.consumes[0] E043', 'order.consumes[0].event E004'],
  },
  {
    what: 'a subscription without numbers or workload',
    catalog: forgetful(
      withSubscription('order', 0, {
        workload: undefined,
        deadlineSeconds: undefined,
        queueRetentionDays: undefined,
        deadLetterRetentionDays: '14',
      }),
    ),
    told: [
      ...forgotten,
      'order.consumes[0].deadLetterRetentionDays E004',
      'order.consumes[0].deadlineSeconds E004',
      'order.consumes[0].queueRetentionDays E004',
      'order.consumes[0].workload E004',
    ],
  },
  ...['workloads', 'publishes', 'consumes', 'access', 'inboxDays'].map((key) => ({
    what: `a service without ${key}`,
    catalog: forgetful(withService('order', () => ({ [key]: undefined }))),
    told: [...forgotten, `order.${key} E004`],
  })),
  {
    what: 'a bucket that cannot be read, of which it consumes the uploads',
    catalog: forgetful(withService('user', () => ({ access: [{ kind: 'bucket', name: 'uploads', allow: 'all' }] }))),
    told: [...forgotten, 'user.access[0].allow E004'],
  },
  {
    what: 'a filter and a bucket of the wrong kind, and a rule with nothing in it',
    catalog: forgetful(
      also(withSubscription('user', 0, { filter: 5 }), 'notification', ({ consumes: [first, ...rest] }) => ({
        consumes: [{ ...first, also: [null], bucket: 5 }, ...rest],
      })),
    ),
    told: [
      ...forgotten,
      'notification.consumes[0].also[0] E004',
      'notification.consumes[0].bucket E004',
      'user.consumes[0].filter E004',
    ],
  },
  {
    what: 'a service that others call, without routes that can be read',
    catalog: withWorkload('product', 'api', { routes: 'all' }),
    told: ['product.workloads.api.routes E004'],
  },
  {
    what: 'a service that others call, without a name',
    catalog: services.map((service) => (service.name === 'product' ? without(service, 'name') : service)),
    told: ['services[2].name E004'],
  },
  {
    what: 'a path that is a number',
    catalog: withWorkload('order', 'api', { routes: [4, '/api/Orders'] }),
    told: ['order.workloads.api.routes[0] E004', 'order.workloads.api.routes[1] E093'],
  },
  {
    what: 'a canary and slices that are no lists, and replicas that are none',
    catalog: forgetful(withWorkload('order', 'api', { canary: 5, spreadIn: 'prod', replicas: undefined })),
    told: [
      ...forgotten,
      'order.workloads.api.canary E004',
      'order.workloads.api.replicas E004',
      'order.workloads.api.spreadIn E004',
    ],
  },
  {
    what: 'a service without a name',
    catalog: services.map((service) => (service.name === 'dashboard' ? without(service, 'name') : service)),
    told: ['services[6].name E004'],
  },
  {
    what: 'a service that is nothing',
    catalog: [...forgetful(services), null as Wrong],
    told: [...forgotten, 'services[7] E004'],
  },
];
