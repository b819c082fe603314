import { addOns } from './add-ons.ts';
import { secretLook } from './check-secrets.ts';
import { sizeFault } from './check-size.ts';
import { environmentNames } from './environments.ts';
import type { Fault } from './fault.ts';
import { ruleName } from './names.ts';
import { platformNamespaces } from './profiles.ts';
import type { Service, Workload } from './service.ts';

const nameForm = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const maxNameLength = 32;
const maxWorkloadLength = 20;
/** EventBridge's limit for the name of a rule. Source: PutRule. */
const maxRuleLength = 64;
const maxReplicas = 100;
/** A service gives its name to a namespace, and to a project and an Application of Argo CD. */
const reservedNames: ReadonlySet<string> = new Set([
  'default',
  'kube-public',
  'kube-node-lease',
  'aws-observability',
  'millrace-policy',
  ...platformNamespaces,
  'root',
  'cluster',
  'platform',
  'add-ons',
  ...addOns.map(({ name }) => name),
]);
/** What a service's program does besides its workloads (runtime/service.ts). */
const reservedWorkloads: ReadonlySet<string> = new Set(['migrate', 'smoke']);

/** What a service says about itself: its names, sizes and replicas. */
export function ownFaults(service: Service, all: readonly Service[]): Fault[] {
  const faults = [...nameFaults(service, all), ...ruleNameFaults(service), ...secretNameFaults(service)];
  if (Object.keys(service.workloads).length === 0) {
    const message = 'a service has at least one workload. Add workloads: { api: { … } }.';
    faults.push({ place: `${service.name}.workloads`, code: 'E014', message });
  }
  for (const [key, workload] of Object.entries(service.workloads)) {
    faults.push(...workloadFaults(`${service.name}.workloads.${key}`, key, workload));
  }
  return faults;
}

function nameFaults({ name }: Service, all: readonly Service[]): Fault[] {
  const faults: Fault[] = [];
  const add = (code: string, message: string) => faults.push({ place: `${name}.name`, code, message });
  if (!nameForm.test(name) || name.length > maxNameLength) {
    const rule = `a service's name is at most ${maxNameLength} of a-z, 0-9 and single hyphens, from a letter.`;
    add('E011', `${rule} Write ${properName(name, maxNameLength)}.`);
  }
  if (reservedNames.has(name) || name.startsWith('kube-')) {
    add('E012', "the name is the cluster's own: a namespace, or a part of what Argo CD is told. Choose another.");
  }
  if (all.filter((other) => other.name === name).length > 1) {
    add('E013', 'two services have this name. Rename one, or put their workloads into one service.');
  }
  return faults;
}

/** The nearest name that is allowed. */
function properName(name: string, length: number): string {
  if (secretLook(name)) return 'another word';
  const words = name.toLowerCase().split(/[^a-z0-9]+/);
  const proper = words
    .filter(Boolean)
    .join('-')
    .replace(/^[^a-z]+/, '')
    .slice(0, length)
    .replace(/-$/, '');
  return proper === '' ? 'a word such as order' : proper;
}

function ruleNameFaults(service: Service): Fault[] {
  return service.consumes.flatMap(({ event }, index) => {
    const longest = Math.max(...environmentNames.map((name) => ruleName(name, service.name, event.name).length));
    if (longest <= maxRuleLength) return [];
    const message = `its rule's name has ${longest} letters, EventBridge takes ${maxRuleLength}. Shorten the event's or the service's name.`;
    return [{ place: `${service.name}.consumes[${index}]`, code: 'E011', message }];
  });
}

function secretNameFaults(service: Service): Fault[] {
  return (service.secrets ?? []).flatMap((name, index) => {
    if (/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(name)) return [];
    const message = 'a secret is named like the variable that it becomes. Write SIGNING_KEY.';
    return [{ place: `${service.name}.secrets[${index}]`, code: 'E011', message }];
  });
}

function workloadFaults(place: string, key: string, workload: Workload): Fault[] {
  const faults: Fault[] = [];
  const add = (at: string, code: string, message: string) => faults.push({ place: `${place}${at}`, code, message });
  if (!nameForm.test(key) || key.length > maxWorkloadLength) {
    const rule = `a workload's name is at most ${maxWorkloadLength} of a-z, 0-9 and single hyphens, from a letter.`;
    add('', 'E011', `${rule} Write ${properName(key, maxWorkloadLength)}.`);
  }
  if (reservedWorkloads.has(key)) add('', 'E012', 'every service has one of this name by itself. Choose another.');
  const size = sizeFault(workload.size);
  if (size) add('.size', 'E020', size);
  for (const name of environmentNames) {
    const count = workload.replicas[name];
    if (count < 1 || count > maxReplicas) {
      add(`.replicas.${name}`, 'E061', `${count} replicas. Write 1 to ${maxReplicas}.`);
    } else if (name === 'prod' && count < 2 && !workload.isSingleton) {
      add(
        '.replicas.prod',
        'E061',
        'prod needs at least 2 replicas, or a patch day stops the service. Write 2 or more.',
      );
    }
    if (workload.scaleOn && workload.scaleOn.max < count) {
      add(
        '.scaleOn.max',
        'E061',
        `at most ${workload.scaleOn.max}, but ${name} starts with ${count}. Write ${count} or more.`,
      );
    }
  }
  if (workload.isSingleton && (workload.scaleOn || environmentNames.some((name) => workload.replicas[name] > 1))) {
    add('.isSingleton', 'E061', 'only one runs usefully at a time. Write 1 replica everywhere and no scaleOn.');
  }
  return faults;
}
