import type { EventContract } from '@millrace/catalog/event.ts';
import { PageViewsCollected } from '@millrace/catalog/events/analytics.ts';
import { podSize } from '@millrace/catalog/fargate.ts';
import { prices } from '@millrace/catalog/prices.ts';
import type { Service } from '@millrace/catalog/service.ts';
import { eventsOf } from '@millrace/catalog/service.ts';
import { hoursPerMonth, priceOf } from '@millrace/fargate/plan.ts';
import { happyOrder } from '../docs/order-flow.ts';
import type { Measurements, Throughput } from './measurements.ts';

/** What the model takes for granted because nobody measured it. Change a line here and `make cost` follows. */
export const assumptions = {
  asOf: '2026-11-21',
  /** A quiet site publishes each view alone; a busy one fills 64 KB, EventBridge's unit, at about 600 bytes a view. */
  viewsPerEvent: { quiet: 1, busy: 100 },
  /** SQS counts requests: EventBridge's send for each message, and a receive and a delete for up to ten together. */
  messagesPerReceive: { quiet: 1, busy: 10 },
  /** Bar 9 of the performance goals, for the order API of the whole platform; to be replaced by a measurement. */
  ordersPerSecond: 50,
  /** From the first second that is billed until a pod is ready: Fargate finds a host, the image comes, Node starts. */
  podStartMinutes: 1,
  /** To share out the pods that run whether somebody comes or not. */
  monthlyVolume: { pageViews: 10_000_000, orders: 100_000 },
} as const;

/** One reason for a cost, in USD for the volume that the estimate is for. */
export interface TrafficPart {
  what: string;
  quietUsd: number;
  busyUsd: number;
  basis: 'measured' | 'counted' | 'assumed';
  note: string;
}

/** What traffic adds to the bill, from least (a busy system, everything in batches) to most (everything alone). */
export interface TrafficEstimate {
  unit: string;
  parts: TrafficPart[];
  quietUsd: number;
  busyUsd: number;
  /** Not in the sums: the share of the pods that always run, at an assumed volume. */
  standing: { services: string[]; unitsPerMonth: number; usd: number };
}

/** What a service's least number of pods costs in a month, in USD. */
export type StandingUsd = (service: string) => number;

interface Given {
  services: readonly Service[];
  measured: Measurements;
  standingUsd: StandingUsd;
}

/** A million page views from the tracker to the database. */
export function millionPageViews({ services, measured, standingUsd }: Given): TrafficEstimate {
  const views = 1_000_000;
  const { viewsPerEvent } = assumptions;
  const events = { quiet: views / viewsPerEvent.quiet, busy: views / viewsPerEvent.busy };
  const subscriptions = subscriptionsOf(services, [PageViewsCollected]);
  const standing = standingShare(['analytics'], assumptions.monthlyVolume.pageViews / views, standingUsd);
  return estimate('million page views', standing, [
    podTime('the analytics api takes them', measured.collect, { quiet: views, busy: views }, [
      { service: 'analytics', workload: 'api', services },
    ]),
    ...eventParts(events, subscriptions.length),
    podTime('relay and processor pass them on', measured.events, events, [
      { service: 'analytics', workload: 'relay', services },
      { service: 'analytics', workload: 'processor', services },
    ]),
  ]);
}

/** A thousand orders that go well, from placed to delivered. */
export function thousandOrders({ services, measured, standingUsd }: Given): TrafficEstimate {
  const orders = 1_000;
  const count = orders * happyOrder.length;
  const subscriptions = subscriptionsOf(services, happyOrder);
  const assumed: Throughput = {
    perSecond: assumptions.ordersPerSecond,
    what: 'bar 9',
    measuredAt: assumptions.asOf,
    machine: '',
  };
  const api = podTime('the order api takes them', assumed, { quiet: orders, busy: orders }, [
    { service: 'order', workload: 'api', services },
  ]);
  const involved = services
    .filter(({ name }) => name === 'order' || subscriptions.some(({ service }) => service === name))
    .map(({ name }) => name);
  const standing = standingShare(involved, assumptions.monthlyVolume.orders / orders, standingUsd);
  return estimate('thousand orders', standing, [
    { ...api, basis: 'assumed', note: `${assumptions.ordersPerSecond} orders/s, nobody measured it yet` },
    ...eventParts({ quiet: count, busy: count }, subscriptions.length / happyOrder.length),
    podTime(
      `${subscriptions.length} handlers of ${[...new Set(subscriptions.map(({ service }) => service))].join(', ')}`,
      measured.events,
      { quiet: orders, busy: orders },
      subscriptions.map(({ service, workload }) => ({ service, workload, services })),
    ),
  ]);
}

interface Volume {
  quiet: number;
  busy: number;
}

function eventParts(events: Volume, deliveriesPerEvent: number): TrafficPart[] {
  const { eventBridgeMillion, sqsMillion } = prices;
  const published = (count: number): number => (count / 1e6) * eventBridgeMillion.usd;
  const requests = (count: number, batch: number): number =>
    ((count * deliveriesPerEvent * (1 + 2 / batch)) / 1e6) * sqsMillion.usd;
  const { quiet, busy } = assumptions.messagesPerReceive;
  return [
    {
      what: 'EventBridge',
      quietUsd: published(events.quiet),
      busyUsd: published(events.busy),
      basis: 'counted',
      note: `${words(events)} events at ${eventBridgeMillion.usd} USD a million`,
    },
    {
      what: 'SQS',
      quietUsd: requests(events.quiet, quiet),
      busyUsd: requests(events.busy, busy),
      basis: 'counted',
      note: `${round(deliveriesPerEvent)} deliveries an event at ${sqsMillion.usd} USD a million requests`,
    },
  ];
}

/** Seconds of pods at a throughput, at the price of those pods. */
function podTime(
  what: string,
  throughput: Throughput | undefined,
  volume: Volume,
  pods: readonly { service: string; workload: string; services: readonly Service[] }[],
): TrafficPart {
  if (!throughput) {
    return { what, quietUsd: 0, busyUsd: 0, basis: 'assumed', note: 'not measured, so not counted: run "make bench"' };
  }
  const usdPerSecond = pods.reduce((total, pod) => total + usdPerPodHour(pod) / 3600, 0);
  return {
    what,
    quietUsd: (volume.quiet / throughput.perSecond) * usdPerSecond,
    busyUsd: (volume.busy / throughput.perSecond) * usdPerSecond,
    basis: 'measured',
    note: `${throughput.perSecond} a second on ${throughput.measuredAt}: ${throughput.what}`,
  };
}

function usdPerPodHour(pod: { service: string; workload: string; services: readonly Service[] }): number {
  const size = pod.services.find(({ name }) => name === pod.service)?.workloads[pod.workload]?.size;
  return size ? priceOf({ ...podSize(size), ephemeralGib: 0 }) / hoursPerMonth : 0;
}

function subscriptionsOf(
  services: readonly Service[],
  events: readonly EventContract[],
): { service: string; event: EventContract; workload: string }[] {
  return events.flatMap((event) =>
    services.flatMap(({ name, consumes }) =>
      consumes
        .filter((subscription) => eventsOf(subscription).includes(event))
        .map(({ workload }) => ({ service: name, event, workload })),
    ),
  );
}

function standingShare(names: string[], unitsPerMonth: number, standingUsd: StandingUsd): TrafficEstimate['standing'] {
  const usd = names.reduce((total, name) => total + standingUsd(name), 0) / unitsPerMonth;
  return { services: names, unitsPerMonth, usd };
}

function estimate(unit: string, standing: TrafficEstimate['standing'], parts: TrafficPart[]): TrafficEstimate {
  const sum = (key: 'quietUsd' | 'busyUsd'): number => parts.reduce((total, part) => total + part[key], 0);
  return { unit, parts, quietUsd: sum('quietUsd'), busyUsd: sum('busyUsd'), standing };
}

const words = ({ quiet, busy }: Volume): string => (quiet === busy ? `${quiet}` : `${busy} to ${quiet}`);
const round = (value: number): number => Math.round(value * 100) / 100;
