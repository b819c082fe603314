import type { Service, Workload } from '@millrace/catalog/service.ts';
import { services } from '@millrace/catalog/services.ts';
import type { RenderedEnvironment } from '../../rendered.ts';

/** A set that must fail: by which proof, with which code, where, and with which words. */
export interface BadSet {
  code: string;
  proof: string;
  /** A second proof that sees the same. */
  also?: string;
  what: string;
  set: RenderedEnvironment;
  place: string;
  message: string;
}

/** The catalog with one service changed. */
export function withService(name: string, change: (service: Service) => Partial<Service>): Service[] {
  return services.map((service) => (service.name === name ? { ...service, ...change(service) } : service));
}

export function withWorkload(name: string, key: string, change: Partial<Workload>): Service[] {
  return withService(name, ({ workloads }) => {
    const workload = workloads[key];
    return workload ? { workloads: { ...workloads, [key]: { ...workload, ...change } } } : {};
  });
}
