import type { EventContract } from './event.ts';
import type { Fault } from './fault.ts';
import { unknownEvent } from './known-part.ts';
import type { Service } from './service.ts';
import { eventsOf } from './service.ts';

/** One step: a consumer that reads an event may answer with others. */
export interface Reaction {
  service: string;
  event: string;
  leadsTo: readonly string[];
}

/** What may follow from each subscription. One that does not say may answer with anything that its service publishes. */
export function reactions(services: readonly Service[]): Reaction[] {
  const names = (events: readonly EventContract[]): string[] => events.map(({ name }) => name);
  return services.flatMap((service) =>
    service.consumes.flatMap((subscription) =>
      eventsOf(subscription).map((event) => ({
        service: service.name,
        event: event.name,
        leadsTo: names(subscription.leadsTo ?? service.publishes),
      })),
    ),
  );
}

/**
 * Cycles of events, each printed as a path. A cycle has a terminal when a consumer on it may answer with an event that
 * leads out of it: then it can end, and W032 warns. Without one every message makes the next for ever: E034.
 */
export function cycleFaults(services: readonly Service[]): Fault[] {
  const events = services.flatMap(({ publishes, consumes }) => [
    ...publishes,
    ...consumes.flatMap((subscription) => [...eventsOf(subscription), ...(subscription.leadsTo ?? [])]),
  ]);
  // With an event that cannot be read, a cycle's end may be missing.
  if (events.includes(unknownEvent)) return [];
  const all = reactions(services);
  return cyclesOf(all).map((cycle) => {
    const members = new Set(cycle);
    const onCycle = all.filter(({ event, leadsTo }) => members.has(event) && leadsTo.some((next) => members.has(next)));
    const hasTerminal = onCycle.some(({ leadsTo }) => leadsTo.some((next) => !members.has(next)));
    const path = [...cycle, cycle[0] ?? ''].join(' → ');
    const place = `${onCycle.find(({ event }) => event === cycle[0])?.service ?? ''}.consumes ${cycle[0] ?? ''}`;
    if (hasTerminal) {
      return {
        place,
        code: 'W032',
        message: `events go round: ${path}. Say with leadsTo what a consumer answers with.`,
      };
    }
    const message = `events go round without an end: ${path}. Let one consumer answer with an event that leads out, or with nothing: leadsTo: [].`;
    return { place, code: 'E034', message };
  });
}

/** The shortest cycle through each event that lies on one; a cycle is said once, from its first name in the alphabet. */
function cyclesOf(all: readonly Reaction[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { event, leadsTo } of all) next.set(event, [...new Set([...(next.get(event) ?? []), ...leadsTo])].sort());
  const found = new Map<string, string[]>();
  for (const start of [...next.keys()].sort()) {
    const cycle = shortestCycle(start, next);
    if (!cycle) continue;
    const first = cycle.indexOf(cycle.toSorted()[0] ?? start);
    const turned = [...cycle.slice(first), ...cycle.slice(0, first)];
    found.set(turned.join(), turned);
  }
  return [...found.values()];
}

function shortestCycle(start: string, next: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const paths: string[][] = [[start]];
  const seen = new Set<string>();
  for (let path = paths.shift(); path; path = paths.shift()) {
    for (const event of next.get(path.at(-1) ?? '') ?? []) {
      if (event === start) return path;
      if (seen.has(event)) continue;
      seen.add(event);
      paths.push([...path, event]);
    }
  }
  return undefined;
}
