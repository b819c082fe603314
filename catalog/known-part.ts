import { z } from 'zod';
import { secretLook } from './check-secrets.ts';
import { serviceIssues, serviceLabel } from './check-shape.ts';
import type { EventContract } from './event.ts';
import type { Fault } from './fault.ts';
import type { Access, Service, Subscription } from './service.ts';
import { pathText } from './shape.ts';

/** Stands for an event that cannot be read. What depends on it is not judged. */
export const unknownEvent: EventContract = {
  name: 'Unknown',
  publisher: 'unknown',
  source: 'millrace.unknown',
  version: 1,
  data: z.object({}),
};

/** Stands for an access that cannot be read: it may be the one that something else asks for. */
export const unknownAccess: Access = { kind: 'cache' };

/** Has a service no name that can be read? */
export const isUnnamed = ({ name }: Service): boolean => /^services\[\d+\]$/.test(name);

/** Stands for the name of a workload that cannot be read; no one writes it. */
export const unknownWorkloadName = '\u0000';

/** A number that cannot be read: no comparison with it is true, so a check that looks for `<` or `>` finds nothing. */
const unknownNumber = Number.NaN;
const unknownReplicas = { dev: unknownNumber, staging: unknownNumber, prod: unknownNumber };
/** Where routes cannot be read, there may be some. */
const unknownRoutes = [''];
const unknownWorkload = { size: '0.25 vCPU / 0.5 GB', replicas: unknownReplicas, routes: unknownRoutes };
const unknownSubscription: Subscription = {
  event: unknownEvent,
  workload: unknownWorkloadName,
  deadlineSeconds: unknownNumber,
  visibilitySeconds: unknownNumber,
  maxReceives: unknownNumber,
  queueRetentionDays: unknownNumber,
  deadLetterRetentionDays: unknownNumber,
};

/** What stands in for a broken member, by its path or the path of what holds it; the first that fits counts. */
const standIns: readonly [path: string, value: unknown][] = [
  ['workloads.*.size', unknownWorkload.size],
  ['workloads.*.replicas.*', unknownNumber],
  ['workloads.*.replicas', unknownReplicas],
  ['workloads.*.routes.*', ''],
  ['workloads.*.routes', unknownRoutes],
  ['workloads.*.scaleOn', undefined],
  ['workloads.*.spreadIn', undefined],
  ['workloads.*.canary', undefined],
  ['workloads.*', unknownWorkload],
  ['workloads', {}],
  ['publishes.*', unknownEvent],
  ['publishes', [unknownEvent]],
  ['consumes.*.event', unknownEvent],
  ['consumes.*.workload', unknownWorkloadName],
  ['consumes.*.also.*', unknownEvent],
  ['consumes.*.also', [unknownEvent]],
  ['consumes.*.filter', undefined],
  ['consumes.*.bucket', undefined],
  ['consumes.*.leadsTo.*', unknownEvent],
  ['consumes.*.leadsTo', [unknownEvent]],
  ['consumes.*.*', unknownNumber],
  ['consumes.*', unknownSubscription],
  ['consumes', [unknownSubscription]],
  ['access.*', unknownAccess],
  ['access', [unknownAccess]],
  ['secrets.*', ''],
  ['secrets', undefined],
  ['database', undefined],
  ['inboxDays', unknownNumber],
];

/** Members that no check reads, or that may be read as they are. */
const harmless = /^(workloads\.[^.]+\.(isSingleton)|(publishes\.\d+|consumes\.\d+\.(event|(also|leadsTo)\.\d+))\.data)/;

/** A service as far as it can be read, and the places that cannot. */
export interface KnownPart {
  service: Service;
  broken: readonly string[];
}

/** Puts a stand-in for each member that is missing or of the wrong kind, so that all the rest can be checked. */
export function knownPart(value: unknown, index: number): KnownPart {
  const label = serviceLabel(value, index);
  const broken = serviceIssues(value).map(({ path }) => `${label}${pathText(path)}`);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  let part: unknown = isObject ? value : {};
  for (const { path, code } of serviceIssues(part)) {
    // A text in the wrong form is still what it says.
    if (code === 'invalid_format' || path.length === 0 || harmless.test(path.join('.'))) continue;
    const found = standIns.find(([pattern]) => fits(path, pattern.split('.')));
    if (found) part = replaced(part, path.slice(0, found[0].split('.').length), found[1]);
  }
  const service = part as Service;
  const isNamed = typeof service.name === 'string' && !secretLook(service.name);
  // Whose an event is, only a name can say.
  return { service: isNamed ? service : { ...service, name: `services[${index}]`, publishes: [unknownEvent] }, broken };
}

/** Leaves out what is said of a broken place or of a part of it: its shape says it already. */
export const outside = (faults: readonly Fault[], broken: readonly string[]): Fault[] =>
  faults.filter(({ place }) => !broken.some((at) => place === at || /^[.[ ]/.test(under(place, at))));

const under = (place: string, at: string): string => (place.startsWith(at) ? place.slice(at.length) : '');

const fits = (path: readonly PropertyKey[], pattern: readonly string[]): boolean =>
  pattern.length <= path.length && pattern.every((step, place) => step === '*' || step === String(path[place]));

/** A copy with another value at a path. */
function replaced(value: unknown, [step, ...rest]: readonly PropertyKey[], by: unknown): unknown {
  if (step === undefined) return by;
  if (Array.isArray(value)) return value.map((item, place) => (place === step ? replaced(item, rest, by) : item));
  const holder = typeof value === 'object' && value !== null ? value : {};
  return { ...holder, [step]: replaced(Reflect.get(holder, step), rest, by) };
}
