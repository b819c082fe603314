import { z } from 'zod';
import { nearest } from './did-you-mean.ts';
import { environmentNames } from './environments.ts';
import type { EventContract } from './event.ts';
import { isAlternatives, longestPattern, patternOf } from './event-pattern.ts';
import type { Fault } from './fault.ts';
import type { FieldSchema } from './fitting-sample.ts';
import { detailSchema, fittingSample } from './fitting-sample.ts';
import { unknownEvent } from './known-part.ts';
import { readAlternative } from './pattern-operator.ts';
import type { ContentFilter, Service, Subscription } from './service.ts';
import { eventsOf } from './service.ts';

/**
 * E035: a filter that looks for what its events do not have, or uses an operator for which no matcher of ours answers,
 * would take nothing without a word; so would one that no event can pass. And a pattern is only so long.
 */
export function filterFaults(service: Service): Fault[] {
  return service.consumes.flatMap((subscription, index) => {
    const place = `${service.name}.consumes[${index}]`;
    const events = eventsOf(subscription).filter(
      (event) => event !== unknownEvent && event.data instanceof z.ZodObject,
    );
    const { filter } = subscription;
    const own = filter ? eventFaults(events, { filter, place: `${place}.filter` }) : [];
    return [...own, ...(own.length === 0 ? lengthFaults(subscription, { service, place }) : [])];
  });
}

function eventFaults(events: readonly EventContract[], at: { filter: ContentFilter; place: string }): Fault[] {
  const { filter, place } = at;
  for (const event of events) {
    const faults = fieldFaults(filter, { event: event.name, schema: detailSchema(event), path: [] });
    if (faults.length > 0) {
      return faults.map(({ path, message }) => ({ place: [place, ...path].join('.'), code: 'E035', message }));
    }
    if (canPass(event, filter)) continue;
    return [
      {
        place,
        code: 'E035',
        message: `no sample of ${event.name} can be made that passes it. Write values that its schema allows.`,
      },
    ];
  }
  return [];
}

/** What has no sample at all, a proof tells of (X702). */
function canPass(event: EventContract, filter: ContentFilter): boolean {
  try {
    return fittingSample(event, filter) !== undefined;
  } catch {
    return true;
  }
}

interface Finding {
  path: readonly string[];
  message: string;
}

interface Field {
  event: string;
  schema: FieldSchema;
  path: readonly string[];
}

function fieldFaults(filter: ContentFilter, { event, schema, path }: Field): Finding[] {
  const { properties = {} } = schema;
  const fields = Object.entries(filter);
  if (fields.length === 0) return [{ path, message: `it names no field. Name one of ${Object.keys(properties)}.` }];
  return fields.flatMap(([name, wanted]): Finding[] => {
    const below = { event, schema: properties[name] ?? {}, path: [...path, name] };
    if (!Object.hasOwn(properties, name)) {
      const meant = nearest(name, Object.keys(properties));
      const remedy = meant ? `Did you mean ${meant}?` : `Name one of ${Object.keys(properties).join(', ')}.`;
      return [{ path: below.path, message: `${event} has no field ${below.path.join('.')}. ${remedy}` }];
    }
    if (isAlternatives(wanted)) return alternativeFaults(wanted, below);
    if (below.schema.type === 'object' && isObject(wanted)) return fieldFaults(wanted, below);
    const message = `${JSON.stringify(wanted)} is no filter of ${kindOf(below.schema)}. Write a list of what is taken.`;
    return [{ path: below.path, message }];
  });
}

function alternativeFaults(wanted: readonly unknown[], { schema, path }: Field): Finding[] {
  if (schema.type === 'object' || schema.type === 'array') {
    const message = `${path.join('.')} is ${kindOf(schema)}, which has no value of its own. Filter on a text or a number.`;
    return [{ path, message }];
  }
  if (wanted.length === 0) return [{ path, message: 'an empty list takes nothing. Write what is taken.' }];
  return wanted.flatMap((written): Finding[] => {
    const read = readAlternative(written);
    if ('fault' in read) return [{ path, message: read.fault }];
    const { needs } = read.alternative;
    const { type } = schema;
    if (needs === undefined || type === undefined || type === needs) return [];
    if (needs === 'number' && type === 'integer') return [];
    const message = `${JSON.stringify(written)} is for a ${needs}, ${path.join('.')} is ${kindOf(schema)}. Write another value or operator.`;
    return [{ path, message }];
  });
}

const kindOf = ({ type = 'anything' }: FieldSchema): string =>
  type === 'array' ? 'a list' : `${/^[aeio]/.test(type) ? 'an' : 'a'} ${type}`;
const isObject = (value: unknown): value is ContentFilter => typeof value === 'object' && value !== null;

function lengthFaults(subscription: Subscription, { service, place }: { service: Service; place: string }): Fault[] {
  const lengths = environmentNames.map(
    (environment) => JSON.stringify(patternOf(subscription, { environment, service })).length,
  );
  const longest = Math.max(...lengths);
  if (longest <= longestPattern) return [];
  const message = `its pattern has ${longest} letters, EventBridge takes ${longestPattern}. Shorten the filter, or make it two subscriptions.`;
  return [{ place, code: 'E035', message }];
}
