import { nearest } from './did-you-mean.ts';
import type { Fault } from './fault.ts';
import { isUnnamed } from './known-part.ts';
import type { Service } from './service.ts';

/** A service that another calls is there, is another, is named once (E038), and answers (E091). */
export function callFaults(services: readonly Service[]): Fault[] {
  return services.flatMap((service) =>
    service.access.flatMap((access, index) => {
      if (access.kind !== 'service') return [];
      const isAgain = service.access
        .slice(0, index)
        .some((other) => other.kind === 'service' && other.name === access.name);
      const finding = callFault(access.name, { service, services, isAgain });
      return finding ? [{ place: `${service.name}.access[${index}]`, ...finding }] : [];
    }),
  );
}

function callFault(
  name: string,
  { service, services, isAgain }: { service: Service; services: readonly Service[]; isAgain: boolean },
): Omit<Fault, 'place'> | undefined {
  if (name === service.name) return { code: 'E038', message: 'a service does not call itself. Take it away.' };
  if (isAgain) return { code: 'E038', message: `${name} is there already. Take it away.` };
  const called = services.find((other) => other.name === name);
  if (!called) {
    // It may be the one whose name cannot be read.
    if (services.some(isUnnamed)) return undefined;
    const names = services.map((other) => other.name).filter((other) => other !== service.name);
    const meant = nearest(name, names);
    const remedy = meant ? `Did you mean ${meant}?` : `Known: ${names.join(', ')}.`;
    return { code: 'E038', message: `there is no service "${name}". ${remedy}` };
  }
  const workloads = Object.values(called.workloads);
  if (workloads.length === 0 || workloads.some(({ routes = [] }) => routes.length > 0)) return undefined;
  const message = `${name} has no routes, so nothing answers there. Write routes to one of its workloads, or take this away.`;
  return { code: 'E091', message };
}
