import type { EnvironmentName } from './environments.ts';
import { environments } from './environments.ts';
import { typeOnBus } from './event.ts';
import { bucketName, busName } from './names.ts';
import { readAlternative } from './pattern-operator.ts';
import type { ContentFilter, Service, Subscription } from './service.ts';
import { eventsOf } from './service.ts';

/** The pattern of a rule, as EventBridge takes it. */
export interface RulePattern {
  source: readonly string[];
  'detail-type': readonly string[];
  detail?: ContentFilter;
}

/** EventBridge's limit for a pattern, in letters. Source: EventBridge quotas. */
export const longestPattern = 2_048;

interface Place {
  environment: EnvironmentName;
  service: Pick<Service, 'name' | 'access'>;
}

/**
 * The pattern of a subscription's rule, in the cloud and on a laptop. The version is not part of it: a message of a version
 * that a consumer does not know must reach it and be parked in sight, not vanish at the bus.
 */
export function patternOf(
  subscription: Pick<Subscription, 'event' | 'also' | 'filter' | 'bucket'>,
  place: Place,
): RulePattern {
  const events = eventsOf(subscription);
  const detail = subscription.bucket === undefined ? subscription.filter : uploadFilter(subscription.bucket, place);
  return {
    source: [...new Set(events.map(({ source }) => source))],
    'detail-type': events.map(typeOnBus),
    ...(detail && { detail }),
  };
}

/** The bus on which a subscription's rule lies: AWS puts its own events on the account's default bus. */
export const busOf = ({ event }: Pick<Subscription, 'event'>, environment: EnvironmentName): string =>
  event.isForeign ? 'default' : busName(environment);

/** What the keys of a bucket begin with that a service may touch. */
export function uploadPrefix(bucket: string, { name, access }: Pick<Service, 'name' | 'access'>): string {
  const own = access.find((each) => each.kind === 'bucket' && each.name === bucket);
  return (own?.kind === 'bucket' ? own.prefix : undefined) ?? `${name}/`;
}

/** Objects of one bucket under that prefix. */
function uploadFilter(bucket: string, { environment, service }: Place): ContentFilter {
  const name = bucketName(environment, environments[environment].account, bucket);
  return { bucket: { name: [name] }, object: { key: [{ prefix: uploadPrefix(bucket, service) }] } };
}

/**
 * Does a rule take an event? Answers as EventBridge does for the patterns that the catalog makes: filters on fields that
 * lie in no list. An operator that is not in `pattern-operator.ts` takes nothing.
 */
export const takes = (pattern: RulePattern, event: unknown): boolean => fits({ ...pattern }, event);

function fits(filter: ContentFilter, value: unknown): boolean {
  return Object.entries(filter).every(([field, wanted]) => {
    const found = memberOf(value, field);
    return isAlternatives(wanted) ? wanted.some((written) => fitsOne(written, found)) : fits(wanted, found);
  });
}

function fitsOne(written: unknown, found: unknown): boolean {
  const read = readAlternative(written);
  // Only what has no members is a value to EventBridge.
  return (
    'alternative' in read && read.alternative.takes(typeof found === 'object' && found !== null ? undefined : found)
  );
}

/** A field of a filter: the list of its alternatives, or the fields below it. */
export const isAlternatives = (wanted: ContentFilter | readonly unknown[]): wanted is readonly unknown[] =>
  Array.isArray(wanted);

/** A member of an object, or nothing. */
export const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
