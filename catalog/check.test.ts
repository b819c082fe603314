import { describe, expect, it } from 'vitest';
import { checkCatalog, formatFault } from './check.ts';
import type { SizeName } from './fargate.ts';
import { podSize } from './fargate.ts';
import type { Service } from './service.ts';
import { on } from './service.ts';
import { analytics, order, product, services } from './services.ts';

const codes = (catalog: readonly Service[]) => checkCatalog(catalog).map((fault) => fault.code);

/** The real catalog with one service changed. */
function withService(name: string, change: (service: Service) => Service): Service[] {
  return services.map((service) => (service.name === name ? change(service) : service));
}

describe('the catalog', () => {
  it('is right as it stands', () => {
    expect(checkCatalog(services)).toEqual([]);
  });

  it('has the sizes and replicas of the requirement in prod', () => {
    const sizes = services.map((service) => [
      service.name,
      service.workloads.api?.size,
      service.workloads.api?.replicas.prod,
    ]);
    expect(sizes).toEqual([
      ['analytics', '2 vCPU / 4 GB', 2],
      ['user', '0.5 vCPU / 1 GB', 3],
      ['product', '1 vCPU / 2 GB', 2],
      ['order', '1 vCPU / 2 GB', 2],
      ['payment', '0.5 vCPU / 1 GB', 2],
      ['notification', '0.25 vCPU / 0.5 GB', 2],
      ['dashboard', '0.25 vCPU / 0.5 GB', 2],
    ]);
  });

  it.each([
    ['E011', withService('order', (service) => ({ ...service, name: 'Order_Service' }))],
    ['E012', withService('notification', (service) => ({ ...service, name: 'kube-system' }))],
    ['E013', [...services, product]],
    ['E014', withService('dashboard', (service) => ({ ...service, workloads: {} }))],
    ['E020', changeWorkload({ size: '3 vCPU / 1 GB' })],
    ['E030', withService('analytics', (service) => ({ ...service, consumes: [] }))],
    ['E031', withService('product', (service) => ({ ...service, publishes: [] }))],
    ['E032', changeSubscription({ workload: 'nobody' })],
    [
      'E033',
      withService('user', (service) => ({ ...service, publishes: [...service.publishes, ...analytics.publishes] })),
    ],
    ['E040', changeSubscription({ visibilitySeconds: 8 })],
    ['E041', changeSubscription({ queueRetentionDays: 14 })],
    ['E042', withService('analytics', (service) => ({ ...service, inboxDays: 7 }))],
    ['E043', changeSubscription({ maxReceives: 50 })],
    ['E061', changeWorkload({ replicas: { dev: 1, staging: 1, prod: 1 } })],
    ['E092', changeWorkload({ routes: ['/api/orders/*'] })],
    ['E093', changeWorkload({ routes: ['api analytics'] })],
  ])('is refused with %s when it is wrong', (code, catalog) => {
    expect(codes(catalog)).toContain(code);
  });

  it('says the place, the code and the remedy in one line', () => {
    const [fault] = checkCatalog(changeSubscription({ visibilitySeconds: 8 }));
    expect(fault && formatFault(fault)).toBe(
      'catalog/services.ts analytics.consumes[0]: E040 visibility 8 s < 6 × 1.5 s. Write 9 or more.',
    );
  });
});

describe('a size', () => {
  it('leaves 256 MiB to Fargate', () => {
    expect(podSize('0.5 vCPU / 1 GB')).toEqual({ vcpu: 0.5, memoryMib: 1024, requestMib: 768 });
  });
  it('that Fargate has not is refused with those it has', () => {
    expect(() => podSize('0.25 vCPU / 4 GB' as SizeName)).toThrow('0.25 vCPU takes 0.5, 1, 2 GB');
  });
});

function changeWorkload(change: Partial<Service['workloads'][string]>): Service[] {
  return withService('analytics', (service) => {
    const { api } = service.workloads;
    return api ? { ...service, workloads: { ...service.workloads, api: { ...api, ...change } } } : service;
  });
}

function changeSubscription(change: object): Service[] {
  return withService('analytics', (service) => ({
    ...service,
    consumes: service.consumes.map((subscription) => ({ ...subscription, ...change })),
  }));
}

describe('a subscription', () => {
  it('is invisible for six deadlines, in whole seconds', () => {
    const [event] = order.publishes;
    expect(event && on(event, { deadlineSeconds: 1.6 }).visibilitySeconds).toBe(10);
  });
});
