import { perEnvironment } from '@millrace/catalog/environments.ts';
import type { EventContract } from '@millrace/catalog/event.ts';
import { defineEvent } from '@millrace/catalog/event.ts';
import type { Service } from '@millrace/catalog/service.ts';
import { on, service } from '@millrace/catalog/service.ts';
import { z } from 'zod';

/** A catalog of so many services like `order`: each hears what the one before it publishes. */
export function manyServices(count: number): Service[] {
  const names = Array.from({ length: count }, (_, index) => `service-${String(index + 1).padStart(3, '0')}`);
  const events = names.map(factOf);
  return names.map((name, index) => {
    const own = events[index];
    const before = events[index - 1];
    return service(name, {
      owner: 'bench',
      purpose: 'Is one of many.',
      dataClass: 'internal',
      database: { poolSize: 10 },
      workloads: {
        api: {
          size: '1 vCPU / 2 GB',
          replicas: perEnvironment(1, 2, 2),
          routes: [`/api/${name}/*`],
          scaleOn: { cpuPercent: 60, max: 3 },
        },
        worker: { size: '0.5 vCPU / 1 GB', replicas: perEnvironment(1, 2, 2), scaleOn: { queueDepth: 50, max: 3 } },
      },
      // The last one tells nobody: every event has a consumer.
      publishes: own && index < count - 1 ? [own] : [],
      consumes: before ? [on(before)] : [],
    });
  });
}

function factOf(publisher: string, index: number): EventContract {
  return defineEvent(`Fact${index + 1}Noted`, { publisher, version: 1, data: z.object({ number: z.int() }) });
}
