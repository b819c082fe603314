import type { Broker, OutgoingEvent, PublishOutcome } from '../broker.ts';

/** Decides about an event before the broker gets it: an outcome, or nothing to let it pass. `attempt` counts from 1. */
export type Judge = (event: OutgoingEvent, attempt: number) => PublishOutcome | undefined;

export interface JudgedBroker extends Broker {
  /** How often each event was offered. */
  offers: Map<string, number>;
}

/** A broker in front of another one, with faults of its own. */
export function judgedBroker(inner: Broker, judge: Judge): JudgedBroker {
  const offers = new Map<string, number>();
  return {
    ...inner,
    isAtomic: false,
    offers,
    publish: async (events, signal) => {
      const outcomes = events.map((event) => {
        const attempt = (offers.get(event.id) ?? 0) + 1;
        offers.set(event.id, attempt);
        return judge(event, attempt);
      });
      const passed = events.filter((_, place) => outcomes[place] === undefined);
      if (passed.length > 0) await inner.publish(passed, signal);
      return outcomes.map((outcome) => outcome ?? { outcome: 'published' });
    },
  };
}

/** An outcome of a broker that does not take an event. */
export const fault = (code: string, outcome: 'failed' | 'later' | 'refused'): PublishOutcome => ({
  outcome,
  code,
  message: 'no',
});
