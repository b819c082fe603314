import type { Service, Subscription, Workload } from '../service.ts';
import { services } from '../services.ts';

/** A value of the wrong kind, as a catalog that nobody type-checked may hold. */
// biome-ignore lint/suspicious/noExplicitAny: a fixture breaks typed data on purpose
export type Wrong = any;

/** The real catalog with one service changed. */
export function withService(name: string, change: (service: Service) => Wrong): Service[] {
  return services.map((service) => (service.name === name ? { ...service, ...change(service) } : service));
}

/** The real catalog with one workload changed; a key with undefined goes. */
export function withWorkload(name: string, key: string, change: Partial<Workload> | Wrong): Service[] {
  return withService(name, ({ workloads }) => ({
    workloads: { ...workloads, [key]: { ...workloads[key], ...change } },
  }));
}

/** The real catalog with one subscription changed. */
export function withSubscription(name: string, index: number, change: Partial<Subscription> | Wrong): Service[] {
  return withService(name, ({ consumes }) => ({
    consumes: consumes.map((subscription, place) => (place === index ? { ...subscription, ...change } : subscription)),
  }));
}

/** A copy of plain data without one of its keys. */
export function without(value: object, ...keys: string[]): Wrong {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
}
