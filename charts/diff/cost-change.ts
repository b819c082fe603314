import type { ServiceCost } from '../cost/cost-report.ts';
import { serviceCosts } from '../cost/cost-report.ts';
import { sumCents } from '../cost/money.ts';
import type { PodCost } from '../cost/pods.ts';

/** What a service's pods cost before and after. Money in whole US cents a month, at the least number of pods and the most. */
export interface ServiceCostChange {
  service: string;
  before: Pick<ServiceCost, 'minPods' | 'maxPods' | 'minCents' | 'maxCents'>;
  after: Pick<ServiceCost, 'minPods' | 'maxPods' | 'minCents' | 'maxCents'>;
}

/** The change of an environment's bill: the services that differ, and the sums over all. */
export interface CostChange {
  services: ServiceCostChange[];
  beforeCents: number;
  afterCents: number;
  beforeMostCents: number;
  afterMostCents: number;
}

const nothing = { minPods: 0, maxPods: 0, minCents: 0, maxCents: 0 };

/** Compares what two sets of pods cost. The differences of the services add up to the difference of the sums. */
export function costChange(before: readonly PodCost[], after: readonly PodCost[]): CostChange {
  const [left, right] = [serviceCosts(before), serviceCosts(after)];
  const names = [...new Set([...left, ...right].map(({ service }) => service))].sort();
  const of = (costs: readonly ServiceCost[], name: string) => {
    const { service: _, ...figures } = costs.find(({ service }) => service === name) ?? { service: name, ...nothing };
    return figures;
  };
  const services = names
    .map((service) => ({ service, before: of(left, service), after: of(right, service) }))
    .filter((row) => JSON.stringify(row.before) !== JSON.stringify(row.after));
  return {
    services,
    beforeCents: sumCents(left.map(({ minCents }) => minCents)),
    afterCents: sumCents(right.map(({ minCents }) => minCents)),
    beforeMostCents: sumCents(left.map(({ maxCents }) => maxCents)),
    afterMostCents: sumCents(right.map(({ maxCents }) => maxCents)),
  };
}
