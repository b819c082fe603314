import type { EventContract } from './event.ts';
import type { Fault } from './fault.ts';
import { unknownAccess, unknownEvent } from './known-part.ts';
import type { Service, Subscription } from './service.ts';
import { eventsOf } from './service.ts';

/** Several events in one rule (E036), and events of AWS itself (E037). */
export function subscriptionFaults(service: Service): Fault[] {
  return service.consumes.flatMap((subscription, index) => {
    if (eventsOf(subscription).includes(unknownEvent)) return [];
    const place = `${service.name}.consumes[${index}]`;
    return [
      ...alsoFaults(subscription, { place, others: service.consumes.filter((other) => other !== subscription) }),
      ...foreignFaults(subscription, place),
      ...bucketFaults(subscription, { place, service }),
    ];
  });
}

/** One queue keeps the order of what one publisher says; two publishers have none. */
function alsoFaults(
  { event, also = [] }: Subscription,
  { place, others }: { place: string; others: readonly Subscription[] },
): Fault[] {
  return also.flatMap((each, index): Fault[] => {
    const fault = (message: string): Fault[] => [{ place: `${place}.also[${index}]`, code: 'E036', message }];
    if (each.publisher !== event.publisher) {
      return fault(
        `${each.name} is of ${each.publisher}, ${event.name} of ${event.publisher}. Give it a subscription of its own.`,
      );
    }
    const before = [event, ...also.slice(0, index)];
    if (before.some(({ name }) => name === each.name))
      return fault(`${each.name} is in the rule already. Take it away.`);
    if (others.some((other) => eventsOf(other).some(({ name }) => name === each.name))) {
      return fault(`another subscription of the service takes ${each.name}. Take one of the two away.`);
    }
    return [];
  });
}

const isOfS3 = ({ source }: EventContract): boolean => source === 'aws.s3';

function foreignFaults(subscription: Subscription, place: string): Fault[] {
  const wrong = eventsOf(subscription).find(({ isForeign, source }) => isForeign && !source.startsWith('aws.'));
  if (!wrong) return [];
  const message = `${wrong.name} comes from ${wrong.source}, which is not AWS. Declare it with defineEvent.`;
  return [{ place, code: 'E037', message }];
}

/** S3 tells the whole account of every object: a subscription says of which bucket, and may read what it is told of. */
function bucketFaults(
  { event, bucket, filter }: Subscription,
  { place, service }: { place: string; service: Service },
): Fault[] {
  const fault = (at: string, message: string): Fault[] => [{ place: `${place}${at}`, code: 'E037', message }];
  if (bucket === undefined) {
    if (!isOfS3(event)) return [];
    return fault('.bucket', `${event.name} comes from every bucket. Write bucket: and the name of one of access.`);
  }
  if (!isOfS3(event)) return fault('.bucket', `${event.name} does not come from S3. Take bucket away.`);
  if (filter) return fault('.filter', 'a bucket is its filter. Take filter away.');
  const known = service.access.flatMap((access) => (access.kind === 'bucket' ? [access.name] : []));
  if (known.includes(bucket) || service.access.includes(unknownAccess)) return [];
  const remedy = `Add it to access${known.length > 0 ? `, or write ${known.join(' or ')}` : ''}.`;
  return fault('.bucket', `${service.name} may not read the bucket ${bucket}. ${remedy}`);
}
