import { fargatePrices } from '@millrace/catalog/fargate.ts';
import { builtPrices, prices } from '@millrace/catalog/prices.ts';
import { hoursPerMonth } from '@millrace/fargate/plan.ts';
import type { CostReport } from './cost-report.ts';
import { platformParts, platformPartsAsOf } from './platform-tax.ts';
import { savedCents } from './pods.ts';
import { assumptions } from './traffic.ts';

/** The reports for a program: the figures of the text, in USD, with the prices and the assumptions that they rest on. */
export function costJson(reports: readonly CostReport[]): string {
  const value = {
    currency: 'USD',
    hoursPerMonth,
    prices: { fargate: fargatePrices, ...prices, built: builtPrices },
    platformParts: { asOf: platformPartsAsOf, parts: platformParts },
    assumptions,
    environments: reports.map(environmentJson),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

function environmentJson(report: CostReport): unknown {
  const { environment, region, withoutRelease, services, pods, canaries, platform, wasted, traffic } = report;
  return {
    environment,
    region,
    withoutRelease,
    usdPerMonth: { least: usd(report.minCents), most: usd(report.maxCents), platform: usd(report.platformCents) },
    services: services.map(({ service, minPods, maxPods, minCents, maxCents }) => ({
      service,
      pods: { least: minPods, most: maxPods },
      usdPerMonth: { least: usd(minCents), most: usd(maxCents) },
    })),
    pods: pods.map((pod) => ({
      service: pod.service,
      object: pod.object,
      size: pod.size,
      isTask: pod.isTask,
      pods: { least: pod.minPods, most: pod.maxPods },
      usdPerMonth: { each: usd(pod.eachCents), least: usd(pod.minCents), most: usd(pod.maxCents) },
      nextSmaller: pod.plan.wasted.nextSmaller && {
        size: pod.plan.wasted.nextSmaller.size,
        ask: pod.plan.wasted.nextSmaller.ask,
        savesUsdPerMonth: usd(savedCents(pod.plan.wasted.nextSmaller, pod.minPods)),
      },
    })),
    canaries,
    wasted: wasted.map(({ next, ...step }) => ({
      ...step,
      next: next && { ...next, savesCents: undefined, savesUsdPerMonth: usd(next.savesCents) },
    })),
    platform: platform.map(({ monthCents, ...line }) => ({ ...line, usdPerMonth: usd(monthCents) })),
    built: report.built && {
      usdPerMonth: { least: usd(report.built.minCents), most: usd(report.built.maxCents) },
      lines: report.built.lines.map(({ minCents, maxCents, ...line }) => ({
        ...line,
        usdPerMonth: { least: usd(minCents), most: usd(maxCents) },
      })),
    },
    traffic,
  };
}

const usd = (amountCents: number): number => amountCents / 100;
