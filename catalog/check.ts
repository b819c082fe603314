import { z } from 'zod';
import type { EnvironmentName } from './environments.ts';
import { environmentNames, environments } from './environments.ts';
import type { SizeName } from './fargate.ts';
import { podSize } from './fargate.ts';
import type { Service, Subscription } from './service.ts';

/** Something wrong in the catalog: where, a stable code, and a sentence that says what to write instead. */
export interface Fault {
  place: string;
  code: string;
  message: string;
}

const nameForm = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const maxNameLength = 32;
const reservedNames = new Set([
  'default',
  'kube-system',
  'kube-public',
  'kube-node-lease',
  'argocd',
  'aws-observability',
]);

const perEnvironmentCount = z.strictObject({
  dev: z.int().min(1).max(100),
  staging: z.int().min(1).max(100),
  prod: z.int().min(2, 'prod needs at least 2 replicas, or a patch day stops the service').max(100),
});

/** Checks the catalog as a whole and gives back every fault, sorted, so that two runs say the same. */
export function checkCatalog(services: readonly Service[]): Fault[] {
  const faults = [
    ...services.flatMap((service) => checkService(service, services)),
    ...checkEvents(services),
    ...checkRoutes(services),
  ];
  return faults.sort((a, b) => (a.place + a.code).localeCompare(b.place + b.code));
}

/** One line for a person: place, code and message. */
export const formatFault = (fault: Fault): string =>
  `catalog/services.ts ${fault.place}: ${fault.code} ${fault.message}`;

function checkService(service: Service, all: readonly Service[]): Fault[] {
  const { name } = service;
  const faults: Fault[] = [];
  const add = (place: string, code: string, message: string) =>
    faults.push({ place: `${name}${place}`, code, message });
  if (!nameForm.test(name) || name.length > maxNameLength) {
    add(
      '.name',
      'E011',
      `a service's name is ${maxNameLength} or fewer of a-z, 0-9 and single hyphens, from a letter.`,
    );
  }
  if (reservedNames.has(name)) add('.name', 'E012', 'the name is a namespace of the cluster itself. Choose another.');
  if (all.filter((other) => other.name === name).length > 1) add('.name', 'E013', 'two services have this name.');
  if (Object.keys(service.workloads).length === 0) add('.workloads', 'E014', 'a service has at least one workload.');
  for (const [key, workload] of Object.entries(service.workloads)) {
    checkSize(workload.size, (message) => add(`.workloads.${key}.size`, 'E020', message));
    if (workload.isSingleton) continue;
    const counts = perEnvironmentCount.safeParse(workload.replicas);
    for (const issue of counts.error?.issues ?? []) {
      add(`.workloads.${key}.replicas.${issue.path.join('.')}`, 'E060', `${issue.message}.`);
    }
  }
  service.consumes.forEach((subscription, index) => {
    for (const fault of checkSubscription(subscription, service)) add(`.consumes[${index}]`, fault.code, fault.message);
  });
  return faults;
}

function checkSize(size: SizeName, report: (message: string) => void): void {
  try {
    podSize(size);
  } catch (error) {
    report(error instanceof Error ? error.message : String(error));
  }
}

function checkSubscription(subscription: Subscription, service: Service): Omit<Fault, 'place'>[] {
  const { event, deadlineSeconds, visibilitySeconds, queueRetentionDays, deadLetterRetentionDays } = subscription;
  const faults: Omit<Fault, 'place'>[] = [];
  if (!(subscription.workload in service.workloads)) {
    const known = Object.keys(service.workloads).join(', ');
    faults.push({
      code: 'E032',
      message: `${event.name} goes to workload "${subscription.workload}". Known: ${known}.`,
    });
  }
  if (visibilitySeconds < 6 * deadlineSeconds) {
    const needed = Math.ceil(6 * deadlineSeconds);
    faults.push({
      code: 'E040',
      message: `visibility ${visibilitySeconds} s < 6 × ${deadlineSeconds} s. Write ${needed} or more.`,
    });
  }
  if (deadLetterRetentionDays <= queueRetentionDays || deadLetterRetentionDays > 14) {
    const message = `dead letters are kept ${deadLetterRetentionDays} d: more than the queue's ${queueRetentionDays} d, at most 14.`;
    faults.push({ code: 'E041', message });
  }
  const archiveDays = Math.max(
    ...environmentNames.map((name: EnvironmentName) => environments[name].archiveRetentionDays),
  );
  const longest = Math.max(queueRetentionDays + deadLetterRetentionDays, archiveDays);
  if (service.inboxDays < longest) {
    const sum = `queue ${queueRetentionDays} + dead letters ${deadLetterRetentionDays} d, archive ${archiveDays} d`;
    faults.push({ code: 'E042', message: `the inbox remembers ${service.inboxDays} d < ${longest} d (${sum}).` });
  }
  if (subscription.maxReceives < 3 || subscription.maxReceives > 5) {
    faults.push({ code: 'E043', message: `maxReceives is ${subscription.maxReceives}. Write 3 to 5.` });
  }
  return faults;
}

function checkEvents(services: readonly Service[]): Fault[] {
  const faults: Fault[] = [];
  const published = services.flatMap((service) => service.publishes.map((event) => ({ service, event })));
  for (const { service, event } of published) {
    const place = `${service.name}.publishes ${event.name}`;
    if (event.publisher !== service.name) {
      faults.push({ place, code: 'E033', message: `the event belongs to ${event.publisher}. Publish it there.` });
    }
    if (published.filter((other) => other.event.name === event.name).length > 1) {
      faults.push({ place, code: 'E033', message: 'two services publish it. One event has one owner.' });
    }
    if (!services.some((other) => other.consumes.some((subscription) => subscription.event.name === event.name))) {
      faults.push({ place, code: 'E030', message: 'nobody consumes it. Add a subscription or take the event away.' });
    }
  }
  for (const service of services) {
    service.consumes.forEach(({ event }, index) => {
      if (published.some((other) => other.event.name === event.name && other.event.version === event.version)) return;
      const place = `${service.name}.consumes[${index}]`;
      faults.push({
        place,
        code: 'E031',
        message: `nobody publishes ${event.name}@${event.version}. Add it to its publisher.`,
      });
    });
  }
  return faults;
}

function checkRoutes(services: readonly Service[]): Fault[] {
  const owners = new Map<string, string>();
  const faults: Fault[] = [];
  for (const service of services) {
    for (const [key, workload] of Object.entries(service.workloads)) {
      for (const route of workload.routes ?? []) {
        const place = `${service.name}.workloads.${key}.routes`;
        const other = owners.get(route);
        if (other)
          faults.push({ place, code: 'E092', message: `${route} is ${other}'s already. One path has one owner.` });
        if (!/^\/([a-z0-9.-]+\/)*([a-z0-9.-]+|\*)$/.test(route)) {
          faults.push({ place, code: 'E093', message: `${route} is not a path. Write /a/b or /a/*.` });
        }
        owners.set(route, place);
      }
    }
  }
  return faults;
}
