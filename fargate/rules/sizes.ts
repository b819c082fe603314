import { fargatePrices, fargateSizes, overheadMib } from '@millrace/catalog/fargate.ts';
import { asMap, asMaps, fieldOf, show } from '../fields.ts';
import { ephemeral, isSidecar, maxEphemeralRequestGib, planPod, priceOf, requestedOf } from '../plan.ts';
import { cores, mebibytes, parseQuantity } from '../quantity.ts';
import type { Rule } from '../rule.ts';
import { containerRule, podRule, sources, when } from '../rule.ts';
import { environmentOf } from '../workloads.ts';

const usd = (amount: number): string => `$${amount.toFixed(2)}`;
const { vcpu: mostVcpu, memoryMib: mostSizes } = fargateSizes.at(-1) ?? { vcpu: 0, memoryMib: [] };
const mostMib = (mostSizes.at(-1) ?? 0) - overheadMib;

/** A pod that gives up at most this share of its CPU and of its memory can do so without a redesign. */
const smallShare = 0.125;

const sizeExists = podRule(
  {
    id: 'F01',
    name: 'size-exists',
    severity: 'error',
    source: sources.sizes,
  },
  ({ plan: { request, provisioned } }) =>
    when(
      provisioned === undefined && request.ephemeralGib <= maxEphemeralRequestGib,
      `asks for ${request.vcpu} vCPU and ${mebibytes(request.memoryMib)}; Fargate has no size that large.`,
      `Ask for at most ${mostVcpu} vCPU and ${mebibytes(mostMib)}, all containers together, or split the pod.`,
    ),
);

const nearlySmaller = podRule(
  {
    id: 'F01',
    name: 'nearly-smaller',
    severity: 'note',
    source: sources.sizes,
  },
  ({ plan }) => {
    const next = plan.wasted.nextSmaller;
    if (!next || plan.withoutOverhead) return [];
    const { less } = next;
    const isSmall =
      less.vcpu <= plan.request.vcpu * smallShare && less.memoryMib <= plan.request.memoryMib * smallShare;
    // A pod that fills its size has no step to waste: only what lies idle can be given up.
    const isIdle = less.vcpu <= plan.wasted.vcpu && less.memoryMib <= plan.wasted.memoryMib;
    return when(
      isSmall && isIdle,
      `is billed as ${plan.size}; it would be ${next.size} with a little less.`,
      `Ask for ${cores(next.ask.vcpu)} CPU and ${mebibytes(next.ask.memoryMib)} to save ${usd(next.savesUsdPerMonth)} a month for each pod.`,
    );
  },
);

const stepCrossing = podRule(
  {
    id: 'F02',
    name: 'step-crossing',
    severity: 'warning',
    source: sources.sizes,
  },
  ({ plan }) => {
    const less = plan.withoutOverhead;
    if (!less) return [];
    return when(
      true,
      `asks for ${mebibytes(plan.request.memoryMib)}; with Fargate's ${overheadMib} MiB it is billed as ${plan.size} instead of ${less.size}.`,
      `Ask for ${mebibytes(less.ask.memoryMib)} in all to save ${usd(less.savesUsdPerMonth)} a month for each pod.`,
    );
  },
);

const initLarger = podRule(
  {
    id: 'F03',
    name: 'init-larger',
    severity: 'warning',
    source: sources.sizes,
  },
  ({ plan, template: { spec } }) => {
    const without = planPod({ ...spec, initContainers: asMaps(spec.initContainers).filter(isSidecar) });
    const saves = without.provisioned ? plan.usdPerMonth - without.usdPerMonth : 0;
    return when(
      saves > 0.005,
      `is as large as its largest init container: ${plan.size} instead of ${without.size}.`,
      `Give the init container no more than the others together, or run it as a Job: ${usd(saves)} a month for each pod.`,
    );
  },
);

const requestsMissing = containerRule(
  {
    id: 'F04',
    name: 'requests-missing',
    severity: 'error',
    source: sources.sizes,
  },
  (container, { plan }) => {
    const missing = ['cpu', 'memory'].filter((resource) => requestedOf(container, resource) === undefined);
    return when(
      missing.length > 0,
      `asks for no ${missing.join(' and no ')}: Fargate counts nothing for it (the pod gets ${plan.size || 'no size'}).`,
      `Write resources.requests and resources.limits, both the same, with ${missing.join(' and ')}.`,
    );
  },
);

const requestsEqualLimits = containerRule(
  {
    id: 'F04',
    name: 'requests-equal-limits',
    severity: 'error',
    source: sources.sizes,
  },
  (container) => {
    const limits = asMap(fieldOf(container, 'resources', 'limits'));
    const requests = asMap(fieldOf(container, 'resources', 'requests'));
    const unequal = ['cpu', 'memory', 'ephemeral-storage'].filter((resource) => {
      const [request, limit] = [requests[resource], limits[resource]];
      if (request === undefined || request === null) return false;
      return limit === undefined || limit === null || parseQuantity(request) !== parseQuantity(limit);
    });
    const said = (resource: string): string =>
      `${resource} ${show(requests[resource])} and limit ${show(limits[resource])}`;
    return when(
      unequal.length > 0,
      `requests ${unequal.map(said).join('; ')}: all pods on Fargate run with guaranteed priority, requests must equal limits.`,
      `Write limits: {${unequal.map((resource) => `${resource}: ${show(requests[resource])}`).join(', ')}}.`,
    );
  },
);

const quantityReadable = podRule(
  {
    id: 'F04',
    name: 'quantity-readable',
    severity: 'error',
    stopsPods: true,
    source: 'k8s.io/apimachinery, resource.Quantity',
  },
  ({ plan }) =>
    plan.unreadable.map(({ container, resource, value }) => ({
      message: `container ${container} asks for ${resource} ${value}, which is no quantity: the API server refuses it.`,
      fix: resource === 'cpu' ? 'Write cores or millicores: 250m, 0.25, 1.' : 'Write bytes with a unit: 256Mi, 1Gi.',
    })),
);

const memoryUnit = containerRule(
  {
    id: 'F04',
    name: 'memory-unit',
    severity: 'error',
    source: 'k8s.io/apimachinery, resource.Quantity',
  },
  (container) => {
    const value = requestedOf(container, 'memory');
    const bytes = parseQuantity(value);
    return when(
      bytes !== undefined && bytes > 0 && bytes < 1024 ** 2,
      `asks for memory ${show(value)}, which is ${bytes} bytes (m is a thousandth, no unit is bytes).`,
      'Write Mi or Gi: 512Mi.',
    );
  },
);

/** Where our manifests say what they will be billed. Its words are those of AWS's annotation CapacityProvisioned. */
export const sizeAnnotation = 'millrace.dev/fargate-size';

const annotatedSize = podRule(
  {
    id: 'F05',
    name: 'annotated-size',
    severity: 'error',
    source: sources.sizes,
  },
  ({ plan, template, manifest }) => {
    const said = template.annotations[sizeAnnotation] ?? manifest.metadata.annotations?.[sizeAnnotation];
    return when(
      said !== undefined && said !== plan.size,
      `says ${sizeAnnotation}: ${show(said)}; Fargate will bill ${plan.size || 'nothing: there is no such size'}.`,
      plan.size ? `Write ${sizeAnnotation}: ${plan.size}, or change the requests.` : 'Change the requests.',
    );
  },
);

const ephemeralFits = podRule(
  {
    id: 'F08',
    name: 'ephemeral-fits',
    severity: 'error',
    source: sources.sizes,
  },
  ({ plan: { request } }) =>
    when(
      request.ephemeralGib > maxEphemeralRequestGib,
      `asks for ${request.ephemeralGib} GiB of ephemeral storage; with 10 % and 5 GiB on top that is over ${ephemeral.maxGib} GiB.`,
      `Ask for at most ${maxEphemeralRequestGib}Gi, all containers together, or mount EFS.`,
    ),
);

const ephemeralBilled = podRule(
  {
    id: 'F08',
    name: 'ephemeral-billed',
    severity: 'note',
    source: sources.sizes,
  },
  ({ plan: { provisioned, request } }) => {
    const free = fargatePrices.freeEphemeralGibibytes;
    if (!provisioned || provisioned.ephemeralGib <= free) return [];
    const extra = priceOf(provisioned) - priceOf({ ...provisioned, ephemeralGib: 0 });
    return when(
      true,
      `asks for ${request.ephemeralGib} GiB of ephemeral storage and gets ${provisioned.ephemeralGib} GiB: ${usd(extra)} a month more.`,
      `Up to ${Math.floor((free - ephemeral.fixedGib) / (1 + ephemeral.share))}Gi costs nothing.`,
    );
  },
);

const priceRegion = podRule(
  {
    id: 'F29',
    name: 'price-region',
    severity: 'note',
    source: fargatePrices.source,
  },
  ({ template: { spec } }) => {
    const regions = asMaps(spec.containers).flatMap((container) => environmentOf(container).get('AWS_REGION') ?? []);
    const other = regions.find((region) => region !== fargatePrices.region);
    return when(
      other !== undefined,
      `runs in ${other}; the prices of this report are those of ${fargatePrices.region} (${fargatePrices.asOf}).`,
      "Add that region's prices to catalog/fargate.ts before you rely on the sums.",
    );
  },
);

/** F01 to F05, F08, F29: what a pod gets and costs. */
export const sizeRules: readonly Rule[] = [
  sizeExists,
  nearlySmaller,
  stepCrossing,
  initLarger,
  requestsMissing,
  requestsEqualLimits,
  quantityReadable,
  memoryUnit,
  annotatedSize,
  ephemeralFits,
  ephemeralBilled,
  priceRegion,
];
