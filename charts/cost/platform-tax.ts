import { addOns } from '@millrace/catalog/add-ons.ts';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { perEnvironment } from '@millrace/catalog/environments.ts';
import type { SizeName } from '@millrace/catalog/fargate.ts';
import { podSize } from '@millrace/catalog/fargate.ts';
import { prices } from '@millrace/catalog/prices.ts';
import { hoursPerMonth, planPod } from '@millrace/fargate/plan.ts';
import { cents } from './money.ts';

/** One part of the platform itself: how many pods it has and what size each is. */
export interface PlatformPart {
  name: string;
  namespace: string;
  pods: Record<EnvironmentName, number>;
  size: SizeName;
  source: string;
}

/** What EKS itself brings, read on `platformPartsAsOf`. */
export const platformPartsAsOf = '2026-11-21';
const ofEks: readonly PlatformPart[] = [
  {
    name: 'CoreDNS',
    namespace: 'kube-system',
    pods: perEnvironment(2, 2, 2),
    size: '0.25 vCPU / 0.5 GB',
    source: 'EKS add-on coredns, default replicas and requests (100m, 70Mi)',
  },
];

/** What every cluster runs before the first service: what EKS brings, and the catalog's add-ons. */
export const platformParts: readonly PlatformPart[] = [
  ...ofEks,
  ...addOns.flatMap((addOn) =>
    addOn.pods.map(({ name, replicas, size }) => ({
      name: name === addOn.name ? name : `${addOn.name} ${name}`,
      namespace: addOn.namespace,
      pods: replicas,
      size,
      source: `catalog/add-ons.ts: ${addOn.source}`,
    })),
  ),
];

/** A part with what Fargate bills for it. Money in whole US cents a month. */
export interface TaxLine {
  name: string;
  namespace: string;
  pods: number;
  size: string;
  monthCents: number;
  source: string;
}

/** What an environment costs before the first service runs. */
export function platformTax(environment: EnvironmentName, parts: readonly PlatformPart[] = platformParts): TaxLine[] {
  const lines = parts.map((part) => {
    const { vcpu, requestMib } = podSize(part.size);
    const requests = { cpu: `${vcpu * 1000}m`, memory: `${requestMib}Mi` };
    const plan = planPod({ containers: [{ name: part.name, resources: { requests } }] });
    const pods = part.pods[environment];
    return { ...part, pods, size: plan.size, monthCents: cents(plan.usdPerMonth * pods) };
  });
  const { usd, source } = prices.eksClusterHour;
  const cluster = { name: 'EKS control plane', namespace: '–', pods: 0, size: '', source };
  return [...lines, { ...cluster, monthCents: cents(usd * hoursPerMonth) }];
}
