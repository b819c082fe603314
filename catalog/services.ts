import { perEnvironment } from './environments.ts';
import { PageViewsCollected } from './events/analytics.ts';
import {
  OrderCancelled,
  OrderConfirmed,
  OrderDelivered,
  OrderPlaced,
  OrderRejected,
  OrderShipped,
  PaymentRequested,
  RefundRequested,
} from './events/order.ts';
import { PaymentFailed, PaymentProcessed, PaymentRefunded } from './events/payment.ts';
import { ProductChanged, StockRejected, StockReserved } from './events/product.ts';
import { ObjectCreated } from './events/s3.ts';
import { UserChanged, UserErased, UserRegistered } from './events/user.ts';
import type { Service } from './service.ts';
import { on, service } from './service.ts';

/** How many days analytics keeps raw views in Aurora; older days are answered by the warehouse. */
export const analyticsHotDays = 30;

export const analytics = service('analytics', {
  owner: 'insight',
  purpose: 'Counts page views without cookies and answers what visitors did.',
  dataClass: 'personal',
  database: { poolSize: 10 },
  workloads: {
    api: {
      size: '2 vCPU / 4 GB',
      replicas: perEnvironment(1, 2, 2),
      routes: ['/t.js', '/api/analytics/*'],
      scaleOn: { cpuPercent: 60, max: 6 },
      canary: ['prod'],
    },
    relay: { size: '0.25 vCPU / 0.5 GB', replicas: perEnvironment(1, 1, 2) },
    processor: {
      size: '0.5 vCPU / 1 GB',
      replicas: perEnvironment(1, 2, 2),
      scaleOn: { queueDepth: 50, max: 6 },
    },
    loader: { size: '0.25 vCPU / 0.5 GB', replicas: perEnvironment(1, 1, 1), isSingleton: true },
  },
  publishes: [PageViewsCollected],
  consumes: [
    on(PageViewsCollected, { workload: 'processor', deadlineSeconds: 1.5, leadsTo: [] }),
    // One rule for an order's whole life: its events come in one queue, in their order.
    on(OrderPlaced, {
      also: [OrderConfirmed, OrderRejected, OrderCancelled],
      workload: 'processor',
      leadsTo: [],
    }),
  ],
  access: [{ kind: 'cache' }, { kind: 'warehouse' }],
  secrets: ['SIGNING_KEY'],
});

export const user = service('user', {
  owner: 'accounts',
  purpose: 'Keeps profiles and loyalty points.',
  dataClass: 'personal',
  database: { poolSize: 10 },
  workloads: {
    api: {
      size: '0.5 vCPU / 1 GB',
      replicas: perEnvironment(1, 3, 3),
      routes: ['/api/users/*', '/api/user/*'],
      scaleOn: { cpuPercent: 60, max: 6 },
      canary: ['prod'],
    },
    worker: { size: '0.25 vCPU / 0.5 GB', replicas: perEnvironment(1, 2, 2), scaleOn: { queueDepth: 50, max: 6 } },
  },
  publishes: [UserRegistered, UserChanged, UserErased],
  consumes: [
    // An order that costs nothing gives no points.
    on(OrderPlaced, { filter: { data: { total: { amountMinor: [{ numeric: ['>', 0] }] } } }, leadsTo: [] }),
    on(OrderConfirmed, { leadsTo: [] }),
    on(OrderCancelled, { leadsTo: [] }),
    on(OrderRejected, { leadsTo: [] }),
    on(ObjectCreated, { bucket: 'uploads', leadsTo: [] }),
  ],
  access: [{ kind: 'bucket', name: 'uploads', allow: 'write' }],
  secrets: ['SIGNING_KEY'],
});

export const product = service('product', {
  owner: 'catalogue',
  purpose: 'Keeps products and stock, holds stock for orders, and recommends by what people bought.',
  dataClass: 'personal',
  database: { poolSize: 10 },
  workloads: {
    api: {
      size: '1 vCPU / 2 GB',
      replicas: perEnvironment(1, 2, 2),
      routes: ['/api/products', '/api/products/*', '/api/product/*'],
      scaleOn: { cpuPercent: 60, max: 6 },
      canary: ['prod'],
    },
    worker: { size: '0.5 vCPU / 1 GB', replicas: perEnvironment(1, 2, 2), scaleOn: { queueDepth: 50, max: 6 } },
  },
  publishes: [StockReserved, StockRejected, ProductChanged],
  consumes: [
    on(UserRegistered, { leadsTo: [] }),
    on(UserErased, { leadsTo: [] }),
    on(OrderPlaced, { leadsTo: [StockReserved, StockRejected, ProductChanged] }),
    // Stock whose time was over may be gone when the payment is there at last.
    on(OrderConfirmed, { leadsTo: [StockRejected, ProductChanged] }),
    on(OrderRejected, { leadsTo: [ProductChanged] }),
    on(OrderCancelled, { leadsTo: [ProductChanged] }),
    on(ObjectCreated, { bucket: 'products', leadsTo: [] }),
  ],
  access: [{ kind: 'bucket', name: 'products', allow: 'write' }],
  secrets: ['SIGNING_KEY'],
});

export const order = service('order', {
  owner: 'checkout',
  purpose: 'Takes an order from placed to delivered, or back.',
  dataClass: 'personal',
  database: { poolSize: 10 },
  workloads: {
    api: {
      size: '1 vCPU / 2 GB',
      replicas: perEnvironment(1, 2, 2),
      routes: ['/api/orders', '/api/orders/*', '/api/order/*'],
      scaleOn: { cpuPercent: 60, max: 6 },
      canary: ['prod'],
    },
    worker: { size: '0.5 vCPU / 1 GB', replicas: perEnvironment(1, 2, 2), scaleOn: { queueDepth: 50, max: 6 } },
  },
  publishes: [
    OrderPlaced,
    PaymentRequested,
    RefundRequested,
    OrderConfirmed,
    OrderRejected,
    OrderCancelled,
    OrderShipped,
    OrderDelivered,
  ],
  consumes: [
    on(StockReserved, { leadsTo: [PaymentRequested] }),
    on(StockRejected, { leadsTo: [OrderRejected, RefundRequested] }),
    on(PaymentProcessed, { leadsTo: [OrderConfirmed] }),
    on(PaymentFailed, { leadsTo: [OrderRejected] }),
    on(PaymentRefunded, { leadsTo: [OrderCancelled] }),
    // Names and prices for a cart, so that an order is placed without asking anybody.
    on(ProductChanged, { leadsTo: [] }),
    on(UserErased, { leadsTo: [] }),
  ],
  // Asked only when its own copy of a product would refuse an order.
  access: [{ kind: 'service', name: 'product' }],
  secrets: ['SIGNING_KEY'],
});

export const payment = service('payment', {
  owner: 'checkout',
  purpose: 'Charges and refunds through a payment provider.',
  dataClass: 'personal',
  database: { poolSize: 10 },
  workloads: {
    api: {
      size: '0.5 vCPU / 1 GB',
      replicas: perEnvironment(1, 2, 2),
      routes: ['/api/payments', '/api/payments/*', '/api/payment/*'],
      scaleOn: { cpuPercent: 60, max: 6 },
      canary: ['prod'],
    },
    worker: { size: '0.5 vCPU / 1 GB', replicas: perEnvironment(1, 2, 2), scaleOn: { queueDepth: 50, max: 6 } },
  },
  publishes: [PaymentProcessed, PaymentFailed, PaymentRefunded],
  consumes: [
    on(PaymentRequested, { deadlineSeconds: 10, leadsTo: [PaymentProcessed, PaymentFailed] }),
    on(RefundRequested, { deadlineSeconds: 10, leadsTo: [PaymentRefunded] }),
  ],
  secrets: ['SIGNING_KEY', 'WEBHOOK_KEY'],
});

export const notification = service('notification', {
  owner: 'accounts',
  purpose: 'Tells people what happened to their orders.',
  dataClass: 'personal',
  database: { poolSize: 10 },
  workloads: {
    api: {
      size: '0.25 vCPU / 0.5 GB',
      replicas: perEnvironment(1, 2, 2),
      routes: ['/api/notifications', '/api/notifications/*', '/api/notification/*'],
      scaleOn: { cpuPercent: 60, max: 6 },
      canary: ['prod'],
    },
    worker: { size: '0.25 vCPU / 0.5 GB', replicas: perEnvironment(1, 2, 2), scaleOn: { queueDepth: 50, max: 6 } },
  },
  consumes: [
    on(UserRegistered, { also: [UserChanged, UserErased] }),
    on(OrderConfirmed),
    on(OrderRejected),
    on(OrderCancelled),
    on(OrderShipped),
    on(OrderDelivered),
  ],
  access: [{ kind: 'mail' }],
  secrets: ['SIGNING_KEY'],
});

export const dashboard = service('dashboard', {
  owner: 'insight',
  purpose: 'The web page, with its sessions kept in the server.',
  dataClass: 'internal',
  workloads: {
    api: {
      size: '0.25 vCPU / 0.5 GB',
      replicas: perEnvironment(1, 2, 2),
      routes: ['/*'],
      scaleOn: { cpuPercent: 60, max: 4 },
      canary: ['prod'],
    },
  },
  access: [
    { kind: 'cache' },
    ...['analytics', 'user', 'product', 'order', 'payment', 'notification'].map(
      (name) => ({ kind: 'service', name }) as const,
    ),
  ],
});

/** Every service, in the order in which the documentation lists them. */
export const services: readonly Service[] = [analytics, user, product, order, payment, notification, dashboard];
