import type { EventContract } from '@millrace/catalog/event.ts';
import type { ExactPattern } from '@millrace/catalog/event-pattern.ts';
import { matchesExactly, patternOf } from '@millrace/catalog/event-pattern.ts';
import type { Fault } from '@millrace/catalog/fault.ts';
import { ruleName } from '@millrace/catalog/names.ts';
import { sampleEvent } from '@millrace/catalog/sample.ts';
import type { RenderedEnvironment } from '../rendered.ts';

/** EventBridge's limit for a pattern. Source: EventBridge quotas. */
const longestPattern = 2_048;

/** A rule as Terraform will make it. */
export interface EventRule {
  name: string;
  place: string;
  event: EventContract;
  pattern: ExactPattern;
}

/** X701: every event that is published has a consumer, and every subscription a publisher of that version. */
export function eventGraph(set: RenderedEnvironment): Fault[] {
  const published = set.services.flatMap((service) => service.publishes.map((event) => ({ service, event })));
  const consumed = set.services.flatMap((service) =>
    service.consumes.map(({ event }, index) => ({ service, event, index })),
  );
  const isSame = (one: EventContract, other: EventContract): boolean =>
    one.name === other.name && one.version === other.version;
  return [
    ...published
      .filter(({ event }) => !consumed.some((other) => isSame(event, other.event)))
      .map(({ service, event }) => ({
        place: `catalog/services.ts ${service.name}.publishes ${event.name}`,
        code: 'X701',
        message: `nobody consumes ${event.name}@${event.version} in ${set.environment}. Add a subscription, or take it away.`,
      })),
    ...consumed
      .filter(({ event }) => !published.some((other) => isSame(event, other.event)))
      .map(({ service, event, index }) => ({
        place: `catalog/services.ts ${service.name}.consumes[${index}]`,
        code: 'X701',
        message: `nobody publishes ${event.name}@${event.version} in ${set.environment}. Add it to its publisher.`,
      })),
  ];
}

/** X702 to X704: every rule takes a sample of its own event's schema and none of another's, and is short enough. */
export function eventRules(set: RenderedEnvironment): Fault[] {
  const rules = set.services.flatMap((service) =>
    service.consumes.map(({ event }, index) => ({
      name: ruleName(set.environment, service.name, event.name),
      place: `catalog/services.ts ${service.name}.consumes[${index}]`,
      event,
      pattern: patternOf(event),
    })),
  );
  const contracts = set.services.flatMap(({ publishes }) => publishes);
  return ruleFaults(rules, contracts);
}

/** The faults of rules against samples of all events. */
export function ruleFaults(rules: readonly EventRule[], contracts: readonly EventContract[]): Fault[] {
  const samples = contracts.map((contract) => ({ contract, sample: sampleOf(contract) }));
  const unsampled = samples.filter(({ sample }) => typeof sample === 'string');
  return [
    ...unsampled.map(({ contract, sample }) => ({
      place: `catalog/events/${contract.publisher}.ts ${contract.name}`,
      code: 'X702',
      message: `${String(sample)}. Use a simpler form, or teach it that one.`,
    })),
    ...rules.flatMap(({ name, place, event, pattern }) => {
      const own = samples.filter(({ contract }) => contract.name === event.name);
      const others = samples.filter(({ contract }) => contract.name !== event.name);
      const takes = (sample: unknown): boolean =>
        typeof sample === 'object' && matchesExactly(pattern, sample as Record<string, unknown>);
      const missed = own.some(({ sample }) => typeof sample === 'object' && !takes(sample));
      const taken = others.find(({ sample }) => takes(sample));
      const { length } = JSON.stringify(pattern);
      return [
        ...(missed
          ? [
              {
                place,
                code: 'X702',
                message: `rule ${name} does not take a sample of ${event.name}. Mend catalog/event-pattern.ts.`,
              },
            ]
          : []),
        ...(taken
          ? [
              {
                place,
                code: 'X703',
                message: `rule ${name} takes ${taken.contract.name} too. Mend catalog/event-pattern.ts.`,
              },
            ]
          : []),
        ...(length > longestPattern
          ? [
              {
                place,
                code: 'X704',
                message: `the pattern of ${name} has ${length} letters, EventBridge takes ${longestPattern}. Shorten it.`,
              },
            ]
          : []),
      ];
    }),
  ];
}

function sampleOf(contract: EventContract): Record<string, unknown> | string {
  try {
    return sampleEvent(contract);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
