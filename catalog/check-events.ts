import { nearest } from './did-you-mean.ts';
import type { EventContract } from './event.ts';
import type { Fault } from './fault.ts';
import { unknownEvent, unknownWorkloadName } from './known-part.ts';
import type { Service, Subscription } from './service.ts';
import { eventsOf } from './service.ts';

/** Every event has one owner and at least one reader, every subscription a publisher and a workload. */
export function eventFaults(services: readonly Service[]): Fault[] {
  const published = services.flatMap((service) => known(service.publishes).map((event) => ({ service, event })));
  return [
    ...published.flatMap((entry) => publisherFaults(entry, { services, published })),
    ...services.flatMap((service) => subscriberFaults(service, { services, published })),
    ...bucketFaults(services),
  ];
}

const known = (events: readonly EventContract[]): EventContract[] => events.filter((event) => event !== unknownEvent);
const hasUnknown = (events: readonly EventContract[]): boolean => events.includes(unknownEvent);

interface Published {
  service: Service;
  event: EventContract;
}

function publisherFaults({ service, event }: Published, all: { services: readonly Service[]; published: Published[] }) {
  const place = `${service.name}.publishes ${event.name}`;
  const faults: Fault[] = [];
  if (event.isForeign) {
    const message = `${event.source} publishes it, and nobody else can. Take it away.`;
    return [{ place, code: 'E033', message }];
  }
  if (event.publisher !== service.name) {
    faults.push({ place, code: 'E033', message: `the event belongs to ${event.publisher}. Publish it there.` });
  }
  if (event.source !== `millrace.${event.publisher}`) {
    const message = `its source is ${event.source}. Write millrace.${event.publisher}, or declare it with defineEvent.`;
    faults.push({ place, code: 'E033', message });
  }
  const owners = all.published.filter((other) => other.event.name === event.name).map((other) => other.service.name);
  if (owners.length > 1) {
    const message = `${owners.join(' and ')} publish it. One event has one owner and one version at a time.`;
    faults.push({ place, code: 'E033', message });
  }
  const consumed = all.services.flatMap((other) => other.consumes.flatMap(eventsOf));
  if (!hasUnknown(consumed) && !consumed.some(({ name }) => name === event.name)) {
    const message = `nobody consumes it. Add on(${event.name}) to a service, or take the event away.`;
    faults.push({ place, code: 'E030', message });
  }
  return faults;
}

function subscriberFaults(service: Service, all: { services: readonly Service[]; published: Published[] }): Fault[] {
  return service.consumes.flatMap((subscription, index) => {
    const { event, also = [], leadsTo = [] } = subscription;
    const place = `${service.name}.consumes[${index}]`;
    const isAgain =
      event !== unknownEvent &&
      service.consumes.slice(0, index).some((other) => eventsOf(other).some(({ name }) => name === event.name));
    const again = `the service consumes ${event.name} already. One subscription is one queue; take this one away.`;
    const answers = hasUnknown(service.publishes) ? [] : known(leadsTo);
    const silent = answers.filter((each) => !service.publishes.some((own) => own.name === each.name));
    return [
      ...versionFaults(event, place, all),
      ...also.flatMap((each, number) => versionFaults(each, `${place}.also[${number}]`, all)),
      ...workloadFaults(subscription, { service, place }),
      ...(isAgain ? [{ place, code: 'E033', message: again }] : []),
      ...silent.map(({ name }) => {
        const message = `${service.name} does not publish ${name}. Add it to its publishes.`;
        return { place: `${place}.leadsTo`, code: 'E031', message };
      }),
    ];
  });
}

/** E031: an event that is consumed is published in that version; what AWS tells needs nobody of ours. */
function versionFaults(
  event: EventContract,
  place: string,
  all: { services: readonly Service[]; published: Published[] },
): Fault[] {
  if (event === unknownEvent || event.isForeign || all.services.some(({ publishes }) => hasUnknown(publishes)))
    return [];
  const same = all.published.filter((other) => other.event.name === event.name);
  if (same.some((other) => other.event.version === event.version)) return [];
  const versions = same.map((other) => `@${other.event.version}`).join(', ');
  const message = versions
    ? `${event.name} is published as ${versions}, not as @${event.version}. Subscribe to that version.`
    : `nobody publishes ${event.name}@${event.version}. Add it to ${event.publisher}.publishes.`;
  return [{ place, code: 'E031', message }];
}

function workloadFaults(
  { event, workload }: Subscription,
  { service, place }: { service: Service; place: string },
): Fault[] {
  const names = Object.keys(service.workloads);
  // Without workloads, or with one that cannot be read, that is said already.
  if (workload === unknownWorkloadName || names.length === 0 || workload in service.workloads) return [];
  const hint = nearest(workload, names);
  const message = `${event.name} goes to workload "${workload}". ${hint ? `Did you mean ${hint}? ` : ''}`;
  return [{ place, code: 'E032', message: `${message}Known: ${names.join(', ')}.` }];
}

/** A bucket has one writer: two that write would overwrite each other and neither could be asked what is in it. */
function bucketFaults(services: readonly Service[]): Fault[] {
  const writers = services.flatMap((service) =>
    service.access.flatMap((access, index) =>
      access.kind === 'bucket' && access.allow === 'write'
        ? [{ bucket: access.name, service: service.name, place: `${service.name}.access[${index}]` }]
        : [],
    ),
  );
  return writers.flatMap(({ bucket, service, place }) => {
    const other = writers.find((each) => each.bucket === bucket && each.place !== place);
    if (!other) return [];
    const message = `bucket ${bucket} is written by ${other.service} and ${service}. Let one write, the other read.`;
    return [{ place, code: 'E033', message }];
  });
}
