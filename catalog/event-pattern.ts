import type { EnvironmentName } from './environments.ts';
import { environments } from './environments.ts';
import { bucketName } from './names.ts';
import type { ContentFilter, Service, Subscription } from './service.ts';
import { eventsOf } from './service.ts';

/** The pattern of a rule, as EventBridge takes it. */
export interface RulePattern {
  source: readonly string[];
  'detail-type': readonly string[];
  detail?: ContentFilter;
}

/**
 * The pattern of a subscription's rule, in the cloud and on a laptop. The version is not part of it: a message of a version
 * that a consumer does not know must reach it and be parked in sight, not vanish at the bus.
 */
export function patternOf(
  subscription: Pick<Subscription, 'event' | 'also' | 'filter' | 'bucket'>,
  place: { environment: EnvironmentName; service: Pick<Service, 'name' | 'access'> },
): RulePattern {
  const events = eventsOf(subscription);
  const detail = subscription.bucket === undefined ? subscription.filter : uploadFilter(subscription.bucket, place);
  return {
    source: [...new Set(events.map(({ source }) => source))],
    'detail-type': events.map(({ name, detailType }) => detailType ?? name),
    ...(detail && { detail }),
  };
}

/** Objects of one bucket under the prefix that the service may write. */
function uploadFilter(
  bucket: string,
  { environment, service }: { environment: EnvironmentName; service: Pick<Service, 'name' | 'access'> },
): ContentFilter {
  const access = service.access.find((each) => each.kind === 'bucket' && each.name === bucket);
  const prefix = (access?.kind === 'bucket' ? access.prefix : undefined) ?? `${service.name}/`;
  const name = bucketName(environment, environments[environment].account, bucket);
  return { bucket: { name: [name] }, object: { key: [{ prefix }] } };
}
