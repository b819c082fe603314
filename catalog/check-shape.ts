import { z } from 'zod';
import { environmentNames } from './environments.ts';
import type { Fault } from './fault.ts';
import { brokenIssues, isSound, shapeFaults } from './shape.ts';

const environment = z.enum(environmentNames);
const replicas = z.strictObject({ dev: z.int(), staging: z.int(), prod: z.int() });
const max = z.int().min(1).max(100);

const workload = z.strictObject({
  size: z.string(),
  replicas,
  routes: z.array(z.string()).readonly().optional(),
  isSingleton: z.literal(true).optional(),
  scaleOn: z
    .union([
      z.strictObject({ cpuPercent: z.int().min(10).max(95), max }),
      z.strictObject({ queueDepth: z.int().min(1).max(100_000), max }),
    ])
    .optional(),
  spreadIn: z.array(environment).readonly().optional(),
  canary: z.array(environment).readonly().optional(),
});

const contract = z.strictObject({
  name: z.string().regex(/^[A-Z][A-Za-z0-9]*$/, 'an event is named in the past tense, in PascalCase: OrderPlaced'),
  publisher: z.string(),
  source: z
    .string()
    .regex(/^(millrace|aws)\.[a-z0-9-]+$/, 'a source is millrace. and the publisher, or aws. and a service of AWS'),
  detailType: z.string().min(1).optional(),
  isForeign: z.literal(true).optional(),
  version: z.int().min(1),
  data: z.instanceof(z.ZodObject, { error: 'the data of an event is a zod object' }),
});

const subscription = z.strictObject({
  event: contract,
  also: z.array(contract).readonly().optional(),
  filter: z.record(z.string(), z.unknown()).optional(),
  bucket: z.string().optional(),
  workload: z.string(),
  deadlineSeconds: z.number().min(0.1).max(60),
  visibilitySeconds: z.int().min(1).max(43_200),
  maxReceives: z.int(),
  queueRetentionDays: z.number(),
  deadLetterRetentionDays: z.number(),
  leadsTo: z.array(contract).readonly().optional(),
});

const access = z.union([
  z.strictObject({ kind: z.literal('cache') }),
  z.strictObject({ kind: z.literal('warehouse') }),
  z.strictObject({ kind: z.literal('mail') }),
  z.strictObject({ kind: z.literal('service'), name: z.string() }),
  z.strictObject({
    kind: z.literal('bucket'),
    name: z.string(),
    allow: z.enum(['read', 'write']),
    prefix: z.string().optional(),
  }),
]);

const service = z.strictObject({
  name: z.string(),
  owner: z.string().min(1),
  purpose: z.string().min(1),
  dataClass: z.enum(['personal', 'internal']),
  database: z.strictObject({ poolSize: z.int().min(1).max(100) }).optional(),
  workloads: z.record(z.string(), workload),
  publishes: z.array(contract).readonly(),
  consumes: z.array(subscription).readonly(),
  access: z.array(access).readonly(),
  secrets: z.array(z.string()).readonly().optional(),
  inboxDays: z.int(),
});

/** May a service's values be read as its type says? Keys that nothing reads do no harm there. */
export const isServiceSound = (value: unknown): boolean => isSound(service, value);

/** What is broken in a service. Keys that nothing reads break nothing. */
export const serviceIssues = (value: unknown): z.core.$ZodIssue[] => brokenIssues(service, value);

/** How a service is called in places: by its name, or by its number. */
export function serviceLabel(value: unknown, index: number): string {
  const name: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'name') : undefined;
  return typeof name === 'string' && name !== '' ? name : `services[${index}]`;
}

const environmentKeys: readonly string[] = environmentNames;

/** Compares a service, as it is at run time, with what a service may hold: E004, E010, and E060 for an unknown environment. */
export function serviceShapeFaults(value: unknown, index: number): Fault[] {
  const place = serviceLabel(value, index);
  return shapeFaults(service, value).map((fault) => asEnvironment({ ...fault, place: `${place}${fault.place}` }));
}

/** An unknown key of `replicas` and an unknown word in `spreadIn` or `canary` are environments that do not exist. */
function asEnvironment(fault: Fault): Fault {
  const key = /\.replicas\.([^.]+)$/.exec(fault.place)?.[1];
  const isUnknown = key !== undefined && !environmentKeys.includes(key);
  if (!isUnknown && !/\.(spreadIn|canary)\[\d+\]$/.test(fault.place)) return fault;
  return { ...fault, code: 'E060', message: `there is no such environment. Known: ${environmentNames.join(', ')}.` };
}
