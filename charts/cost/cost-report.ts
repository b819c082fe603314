import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { fargatePrices } from '@millrace/catalog/fargate.ts';
import type { SmallerSize } from '@millrace/fargate/plan.ts';
import type { RenderedEnvironment } from '../rendered.ts';
import type { BuiltCost } from './built-cost.ts';
import { builtCost } from './built-cost.ts';
import type { CanaryCost } from './canary.ts';
import { canaryCosts } from './canary.ts';
import type { Measurements } from './measurements.ts';
import { sumCents } from './money.ts';
import type { TaxLine } from './platform-tax.ts';
import { platformTax } from './platform-tax.ts';
import type { PodCost } from './pods.ts';
import { podCosts, savedCents } from './pods.ts';
import type { TrafficEstimate } from './traffic.ts';
import { millionPageViews, thousandOrders } from './traffic.ts';

/** What a service costs in a month, from its pods. */
export interface ServiceCost {
  service: string;
  minPods: number;
  maxPods: number;
  minCents: number;
  maxCents: number;
}

/** A pod that Fargate gives more than it asks for, so that asking for less, or using it, costs nothing. */
export interface WastedStep {
  object: string;
  pods: number;
  size: string;
  wastedVcpu: number;
  wastedMemoryMib: number;
  /** The next smaller size, what the pod may ask for there and what all its pods save in a month. */
  next: { size: string; askVcpu: number; askMemoryMib: number; savesCents: number } | undefined;
}

/** Everything that `make cost` says about one environment. Money in whole US cents a month. */
export interface CostReport {
  environment: EnvironmentName;
  region: string;
  /** Services that have no release yet and are counted as if they had. */
  withoutRelease: string[];
  pods: PodCost[];
  services: ServiceCost[];
  platform: TaxLine[];
  /** What a release adds while two versions run, for each workload that has a canary; not in the sums. */
  canaries: CanaryCost[];
  wasted: WastedStep[];
  minCents: number;
  maxCents: number;
  platformCents: number;
  /** What Terraform builds, beside the pods and not in their sums; undefined where nobody wrote down what that is. */
  built: BuiltCost | undefined;
  traffic: TrafficEstimate[];
}

/** Adds up what an environment costs. Every total is the sum of the rows that are shown for it. */
export function costReport(
  set: RenderedEnvironment,
  options: { withoutRelease: string[]; measured: Measurements },
): CostReport {
  const pods = podCosts(set.manifests);
  const byService = serviceCosts(pods);
  const platform = platformTax(set.environment);
  const platformCents = sumCents(platform.map(({ monthCents }) => monthCents));
  const standingUsd = (name: string): number =>
    (byService.find(({ service }) => service === name)?.minCents ?? 0) / 100;
  const given = { services: set.services, measured: options.measured, standingUsd };
  return {
    environment: set.environment,
    region: fargatePrices.region,
    withoutRelease: options.withoutRelease,
    pods,
    services: byService,
    platform,
    canaries: canaryCosts(set.manifests, pods),
    wasted: wastedSteps(pods),
    minCents: sumCents(byService.map(({ minCents }) => minCents)) + platformCents,
    maxCents: sumCents(byService.map(({ maxCents }) => maxCents)) + platformCents,
    platformCents,
    built: builtCost(set.environment),
    traffic: [millionPageViews(given), thousandOrders(given)],
  };
}

/** Sums of pods by service, in the order in which the services come. */
export function serviceCosts(pods: readonly PodCost[]): ServiceCost[] {
  const names = [...new Set(pods.map(({ service }) => service))];
  return names.map((service) => {
    const own = pods.filter((pod) => pod.service === service);
    return {
      service,
      minPods: sumCents(own.map(({ minPods }) => minPods)),
      maxPods: sumCents(own.map(({ maxPods }) => maxPods)),
      minCents: sumCents(own.map(({ minCents }) => minCents)),
      maxCents: sumCents(own.map(({ maxCents }) => maxCents)),
    };
  });
}

/** The pods that are billed for more than they ask for, with the size below. */
function wastedSteps(pods: readonly PodCost[]): WastedStep[] {
  return pods
    .filter(({ plan }) => plan.wasted.vcpu > 0 || plan.wasted.memoryMib > 0)
    .map(({ object, minPods, size, plan }) => ({
      object,
      pods: minPods,
      size,
      wastedVcpu: plan.wasted.vcpu,
      wastedMemoryMib: plan.wasted.memoryMib,
      next: plan.wasted.nextSmaller && nextStep(plan.wasted.nextSmaller, minPods),
    }));
}

const nextStep = (next: SmallerSize, pods: number): NonNullable<WastedStep['next']> => ({
  size: next.size,
  askVcpu: next.ask.vcpu,
  askMemoryMib: next.ask.memoryMib,
  savesCents: savedCents(next, pods),
});
