import type { EventContract } from '@millrace/catalog/event.ts';
import type { RulePattern } from '@millrace/catalog/event-pattern.ts';
import { longestPattern, patternOf, takes } from '@millrace/catalog/event-pattern.ts';
import type { Fault } from '@millrace/catalog/fault.ts';
import { fittingSample } from '@millrace/catalog/fitting-sample.ts';
import { ruleName } from '@millrace/catalog/names.ts';
import { sampleEvent } from '@millrace/catalog/sample.ts';
import { eventsOf } from '@millrace/catalog/service.ts';
import type { RenderedEnvironment } from '../rendered.ts';

/** A rule as Terraform will make it. */
export interface EventRule {
  name: string;
  place: string;
  events: readonly EventContract[];
  pattern: RulePattern;
}

const isSame = (one: EventContract, other: EventContract): boolean =>
  one.name === other.name && one.version === other.version;

/** X701: every event that is published has a consumer, and every subscription a publisher of that version, or AWS. */
export function eventGraph(set: RenderedEnvironment): Fault[] {
  const published = set.services.flatMap((service) => service.publishes.map((event) => ({ service, event })));
  const consumed = set.services.flatMap((service) =>
    service.consumes.flatMap((subscription, index) =>
      eventsOf(subscription).map((event) => ({ service, event, index })),
    ),
  );
  return [
    ...published
      .filter(({ event }) => !consumed.some((other) => isSame(event, other.event)))
      .map(({ service, event }) => ({
        place: `catalog/services.ts ${service.name}.publishes ${event.name}`,
        code: 'X701',
        message: `nobody consumes ${event.name}@${event.version} in ${set.environment}. Add a subscription, or take it away.`,
      })),
    ...consumed
      .filter(({ event }) => !event.isForeign && !published.some((other) => isSame(event, other.event)))
      .map(({ service, event, index }) => ({
        place: `catalog/services.ts ${service.name}.consumes[${index}]`,
        code: 'X701',
        message: `nobody publishes ${event.name}@${event.version} in ${set.environment}. Add it to its publisher.`,
      })),
  ];
}

/** X702 to X704: every rule takes a fitting sample of each of its events and none of another's, and is short enough. */
export function eventRules(set: RenderedEnvironment): Fault[] {
  const rules = set.services.flatMap((service) =>
    service.consumes.map((subscription, index) => ({
      name: ruleName(set.environment, service.name, subscription.event.name),
      place: `catalog/services.ts ${service.name}.consumes[${index}]`,
      events: eventsOf(subscription),
      pattern: patternOf(subscription, { environment: set.environment, service }),
    })),
  );
  const published = set.services.flatMap(({ publishes }) => publishes);
  const foreign = rules.flatMap(({ events }) => events.filter(({ isForeign }) => isForeign));
  return ruleFaults(rules, [...published, ...new Set(foreign)]);
}

/** An event of a contract, made once for all rules. */
interface Sampled {
  contract: EventContract;
  sample: Record<string, unknown>;
}

/** The faults of rules against samples of all events, where a rule has a filter with content that fits it. */
export function ruleFaults(rules: readonly EventRule[], contracts: readonly EventContract[]): Fault[] {
  const made = contracts.map((contract) => ({ contract, sample: sampleOf(() => sampleEvent(contract)) }));
  const all = made.flatMap(({ contract, sample }) => (typeof sample === 'string' ? [] : [{ contract, sample }]));
  return [
    ...made
      .filter(({ sample }) => typeof sample === 'string')
      .map(({ contract, sample }) => ({
        place: `${fileOf(contract)} ${contract.name}`,
        code: 'X702',
        message: `${String(sample)}. Use a simpler form, or teach it that one.`,
      })),
    ...rules.flatMap((rule) => [...ownFaults(rule, all), ...otherFaults(rule, all), ...lengthFaults(rule)]),
  ];
}

/** X702: a sample of each own event that fits the filter is taken; a filter that none can fit takes nothing, ever. */
function ownFaults({ name, place, events, pattern }: EventRule, all: readonly Sampled[]): Fault[] {
  const own = all.filter(({ contract }) => events.some((event) => isSame(event, contract)));
  return own.flatMap(({ contract, sample }) => {
    const fitting = pattern.detail ? fittingSample(contract, pattern.detail) : sample;
    if (fitting && takes(pattern, fitting)) return [];
    const message = fitting
      ? `rule ${name} does not take a sample of ${contract.name}. Mend catalog/event-pattern.ts.`
      : `no sample of ${contract.name} can be made that passes the filter of rule ${name}. Write a filter that its schema allows.`;
    return [{ place, code: 'X702', message }];
  });
}

/** X703: nothing of another event is taken, not even with content that fits the filter: names and sources tell them apart. */
function otherFaults({ name, place, events, pattern }: EventRule, all: readonly Sampled[]): Fault[] {
  const [event] = events;
  const fitting = pattern.detail && event ? sampleOf(() => fittingSample(event, pattern.detail)) : undefined;
  const content = typeof fitting === 'object' ? { detail: fitting['detail'] } : {};
  const others = all.filter(({ contract }) => !events.some((own) => own.name === contract.name));
  const taken = others.find(({ sample }) => takes(pattern, { ...sample, ...content }));
  if (!taken) return [];
  const message = `rule ${name} takes ${taken.contract.name} too. Mend catalog/event-pattern.ts.`;
  return [{ place, code: 'X703', message }];
}

function lengthFaults({ name, place, pattern }: EventRule): Fault[] {
  const { length } = JSON.stringify(pattern);
  if (length <= longestPattern) return [];
  const message = `the pattern of ${name} has ${length} letters, EventBridge takes ${longestPattern}. Shorten it.`;
  return [{ place, code: 'X704', message }];
}

const fileOf = ({ publisher, isForeign }: EventContract): string =>
  `catalog/events/${isForeign ? publisher.replace('aws.', '') : publisher}.ts`;

function sampleOf<Sample>(make: () => Sample): Sample | string {
  try {
    return make();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
