import { nearest } from './did-you-mean.ts';
import type { EventContract } from './event.ts';
import type { Fault } from './fault.ts';
import { unknownEvent, unknownWorkloadName } from './known-part.ts';
import type { Service } from './service.ts';

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
  const consumed = all.services.flatMap((other) => other.consumes.map((subscription) => subscription.event));
  if (!hasUnknown(consumed) && !consumed.some(({ name }) => name === event.name)) {
    const message = `nobody consumes it. Add on(${event.name}) to a service, or take the event away.`;
    faults.push({ place, code: 'E030', message });
  }
  return faults;
}

function subscriberFaults(service: Service, all: { services: readonly Service[]; published: Published[] }): Fault[] {
  const isPublishingKnown = !all.services.some(({ publishes }) => hasUnknown(publishes));
  const faults: Fault[] = [];
  const add = (place: string, code: string, message: string) => faults.push({ place, code, message });
  service.consumes.forEach((subscription, index) => {
    const { event, workload, leadsTo = [] } = subscription;
    const place = `${service.name}.consumes[${index}]`;
    const same = all.published.filter((other) => other.event.name === event.name);
    const isUnknown = event === unknownEvent;
    if (!isUnknown && isPublishingKnown && !same.some((other) => other.event.version === event.version)) {
      const versions = same.map((other) => `@${other.event.version}`).join(', ');
      const message = versions
        ? `${event.name} is published as ${versions}, not as @${event.version}. Subscribe to that version.`
        : `nobody publishes ${event.name}@${event.version}. Add it to ${event.publisher}.publishes.`;
      add(place, 'E031', message);
    }
    // Without workloads, or with one that cannot be read, that is said already.
    if (
      workload !== unknownWorkloadName &&
      Object.keys(service.workloads).length > 0 &&
      !(workload in service.workloads)
    ) {
      const known = Object.keys(service.workloads);
      const hint = nearest(workload, known);
      const message = `${event.name} goes to workload "${workload}". ${hint ? `Did you mean ${hint}? ` : ''}`;
      add(place, 'E032', `${message}Known: ${known.join(', ')}.`);
    }
    if (!isUnknown && service.consumes.findIndex((other) => other.event.name === event.name) !== index) {
      add(
        place,
        'E033',
        `the service consumes ${event.name} already. One subscription is one queue; take this one away.`,
      );
    }
    const answers = hasUnknown(service.publishes) ? [] : known(leadsTo);
    for (const next of answers.filter((each) => !service.publishes.some((own) => own.name === each.name))) {
      add(`${place}.leadsTo`, 'E031', `${service.name} does not publish ${next.name}. Add it to its publishes.`);
    }
  });
  return faults;
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
