import { z } from 'zod';
import { defineEvent } from '../event.ts';
import { OrderPlaced } from '../events/order.ts';
import type { Service } from '../service.ts';
import { on, service } from '../service.ts';
import { services } from '../services.ts';
import type { Wrong } from './change.ts';
import { without, withService, withSubscription, withWorkload } from './change.ts';
import type { WrongCatalog } from './wrong-catalog.ts';

const data = z.object({ at: z.string() });
const Ping = defineEvent('Pinged', { publisher: 'ping', version: 1, data });
const Pong = defineEvent('Ponged', { publisher: 'pong', version: 1, data });
const api = { size: '0.25 vCPU / 0.5 GB', replicas: { dev: 1, staging: 2, prod: 2 } } as const;
const worker = { ...api };

/** Two services that answer each other for ever, unless one of them may answer with something else too. */
const players = (pongPublishes: Wrong[]): Service[] => [
  ...services,
  service('ping', {
    owner: 'a',
    purpose: 'b',
    dataClass: 'internal',
    workloads: { worker },
    publishes: [Ping],
    consumes: [on(Pong)],
  }),
  service('pong', {
    owner: 'a',
    purpose: 'b',
    dataClass: 'internal',
    workloads: { worker },
    publishes: [Pong, ...pongPublishes],
    consumes: [on(Ping)],
  }),
  service('ear', {
    owner: 'a',
    purpose: 'b',
    dataClass: 'internal',
    workloads: { worker },
    consumes: pongPublishes.map((event) => on(event)),
  }),
];
const Done = defineEvent('Finished', { publisher: 'pong', version: 1, data });

/** Events, delivery, secrets, grants and routes. */
export const wrongRelations: readonly WrongCatalog[] = [
  {
    code: 'E030',
    what: 'an event that nobody consumes',
    catalog: withService('analytics', () => ({ consumes: [] })),
    place: 'analytics.publishes PageViewsCollected',
    message: 'Add on(PageViewsCollected)',
  },
  {
    code: 'E031',
    what: 'an event that nobody publishes',
    catalog: withService('user', () => ({ publishes: [] })),
    place: 'product.consumes[0]',
    message: 'nobody publishes UserRegistered@1',
  },
  {
    code: 'E031',
    what: 'a version that nobody publishes',
    catalog: withSubscription('product', 2, { event: { ...OrderPlaced, version: 2 } }),
    place: 'product.consumes[2]',
    message: 'OrderPlaced is published as @1, not as @2',
  },
  {
    code: 'E031',
    what: 'an answer that the service does not publish',
    catalog: withSubscription('user', 0, { leadsTo: [OrderPlaced] }),
    place: 'user.consumes[0].leadsTo',
    message: 'user does not publish OrderPlaced',
  },
  {
    code: 'E032',
    what: 'a workload that is not there',
    catalog: withSubscription('order', 0, { workload: 'wroker' }),
    place: 'order.consumes[0]',
    message: 'Did you mean worker?',
  },
  {
    code: 'E033',
    what: 'an event with two owners',
    catalog: withService('user', ({ publishes }) => ({ publishes: [...publishes, OrderPlaced] })),
    place: 'user.publishes OrderPlaced',
    message: 'Publish it there',
  },
  {
    code: 'E033',
    what: 'a bucket with two writers',
    catalog: withService('user', () => ({ access: [{ kind: 'bucket', name: 'products', allow: 'write' }] })),
    place: 'user.access[0]',
    message: 'Let one write, the other read',
  },
  {
    code: 'E033',
    what: 'a subscription twice',
    catalog: withService('order', ({ consumes }) => ({ consumes: [...consumes, ...consumes.slice(0, 1)] })),
    place: 'order.consumes[7]',
    message: 'take this one away',
  },
  {
    code: 'E034',
    what: 'a cycle of events without an end',
    catalog: players([]),
    place: 'pong.consumes Pinged',
    message: 'Pinged → Ponged → Pinged',
  },
  {
    code: 'W032',
    what: 'a cycle of events with an end',
    catalog: players([Done]),
    place: 'pong.consumes Pinged',
    message: 'Pinged → Ponged → Pinged',
  },
  {
    code: 'E040',
    what: 'a short visibility',
    catalog: withSubscription('analytics', 0, { visibilitySeconds: 8 }),
    place: 'analytics.consumes[0]',
    message: '8 s < 6 × 1.5 s. Write 9 or more',
  },
  {
    code: 'E041',
    what: 'dead letters that die first',
    catalog: withSubscription('order', 0, { queueRetentionDays: 14 }),
    place: 'order.consumes[0]',
    message: 'dead letters are kept 14 d, the queue 14 d',
  },
  {
    code: 'E042',
    what: 'a short memory',
    catalog: withService('order', () => ({ inboxDays: 7 })),
    place: 'order.consumes[0]',
    message: 'queue 4 + dead letters 14 d, archive 30 d',
  },
  {
    code: 'E043',
    what: 'fifty receives',
    catalog: withSubscription('order', 0, { maxReceives: 50 }),
    place: 'order.consumes[0]',
    message: 'Write 3 to 5',
  },
  {
    code: 'E044',
    what: 'a handler that outlives its process',
    catalog: withSubscription('order', 0, { deadlineSeconds: 30, visibilitySeconds: 180 }),
    place: 'order.consumes[0]',
    message: 'Write a deadline below 20',
  },
  {
    code: 'E051',
    what: 'an access key',
    catalog: withService('order', () => ({ purpose: `uses ${'AKIA'}IOSFODNN7EXAMPLE` })),
    place: 'order.purpose',
    message: 'looks like an AWS access key',
  },
  {
    code: 'E051',
    what: 'a private key',
    catalog: withWorkload('order', 'api', { size: '-----BEGIN PRIVATE KEY-----' }),
    place: 'order.workloads.api.size',
    message: 'looks like a private key',
  },
  {
    code: 'E051',
    what: 'a password',
    catalog: withService('order', () => ({ owner: 'password: hunter2' })),
    place: 'order.owner',
    message: 'looks like a password',
  },
  {
    code: 'E051',
    what: 'a URL with a password',
    catalog: withWorkload('order', 'api', { routes: ['postgres://order:hunter2@db.example/order'] }),
    place: 'order.workloads.api.routes[0]',
    message: 'looks like a URL with a password',
  },
  {
    code: 'E051',
    what: 'a secret as a key',
    catalog: withService('order', ({ workloads }) => ({
      workloads: { ...workloads, [`${'AKIA'}IOSFODNN7EXAMPLE`]: api },
    })),
    place: 'order.workloads.<key>',
    message: 'looks like an AWS access key',
  },
  {
    code: 'E081',
    what: 'a bucket by wildcard',
    catalog: withService('user', () => ({ access: [{ kind: 'bucket', name: '*', allow: 'read' }] })),
    place: 'user.access',
    message: 'without wildcards',
  },
  {
    code: 'E081',
    what: 'a whole bucket',
    catalog: withService('user', () => ({ access: [{ kind: 'bucket', name: 'uploads', allow: 'read', prefix: '' }] })),
    place: 'user.access',
    message: 'a prefix that ends in "/"',
  },
  {
    code: 'E092',
    what: 'a path with two owners',
    catalog: withWorkload('order', 'api', { routes: ['/api/payments'] }),
    place: 'order.workloads.api.routes[0]',
    message: "/api/payments is payment.api's too. One path has one owner. Write /api/order-api or another free path",
  },
  {
    code: 'E092',
    what: 'a path twice in one workload',
    catalog: withWorkload('order', 'api', { routes: ['/api/orders', '/api/orders'] }),
    place: 'order.workloads.api.routes[1]',
    message: 'Take one away.',
  },
  {
    code: 'E092',
    what: "a path under another's prefix",
    catalog: withWorkload('payment', 'api', { routes: ['/api/orders/payments/*'] }),
    place: 'payment.workloads.api.routes[0]',
    message: 'lies under /api/orders/* (order.api). Write /api/payment-api/* or another free path',
  },
  {
    code: 'E093',
    what: 'a path that is none',
    catalog: withWorkload('order', 'api', { routes: ['api orders'] }),
    place: 'order.workloads.api.routes[0]',
    message: 'Write /a/b or /a/*',
  },
  {
    code: 'E004',
    what: 'an event without a schema',
    catalog: withService('user', ({ publishes }) => ({ publishes: [without(publishes[0] ?? {}, 'data')] })),
    place: 'user.publishes[0].data',
    message: 'a zod object',
  },
];
