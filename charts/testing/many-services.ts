import { perEnvironment } from '@millrace/catalog/environments.ts';
import type { EventContract } from '@millrace/catalog/event.ts';
import type { Service } from '@millrace/catalog/service.ts';
import { on, service } from '@millrace/catalog/service.ts';

/** So many services, all of one shape: an API in two zones, a worker on one queue. */
export function manyServices(count: number, event: EventContract): Service[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `shop-${String(index).padStart(3, '0')}`;
    return service(name, {
      owner: 'shops',
      purpose: 'One of many.',
      dataClass: 'internal',
      database: { poolSize: 1 },
      workloads: {
        api: {
          size: '0.25 vCPU / 0.5 GB',
          replicas: perEnvironment(1, 2, 2),
          routes: [`/api/${name}/*`],
          scaleOn: { cpuPercent: 60, max: 4 },
          spreadIn: ['prod'],
        },
        worker: { size: '0.25 vCPU / 0.5 GB', replicas: perEnvironment(1, 2, 2), scaleOn: { queueDepth: 50, max: 4 } },
      },
      consumes: [on(event)],
    });
  });
}
