import { fargatePrices, fargateSizes, overheadMib } from '@millrace/catalog/fargate.ts';
import { asMap, asMaps, asText, fieldOf, show } from './fields.ts';
import type { PodSpec } from './pod-template.ts';
import { parseQuantity } from './quantity.ts';

/** What a pod asks for, or what it gets. Memory in MiB, ephemeral storage in GiB. */
export interface Capacity {
  vcpu: number;
  memoryMib: number;
  ephemeralGib: number;
}

/** A smaller size that the pod would take if it asked for less. */
export interface SmallerSize {
  provisioned: Capacity;
  /** The words of the annotation, such as `0.25vCPU 0.5GB`. */
  size: string;
  usdPerMonth: number;
  savesUsdPerMonth: number;
  /** The most that the pod may ask for. */
  ask: { vcpu: number; memoryMib: number };
  /** How much less that is than now. */
  less: { vcpu: number; memoryMib: number };
}

/** What Fargate does with a pod. */
export interface PodPlan {
  /** The pod's request, without Fargate's own overhead. */
  request: Capacity;
  /** Undefined when Fargate has no size that is large enough. */
  provisioned: Capacity | undefined;
  /** The words that AWS writes into the pod's annotation CapacityProvisioned: `0.25vCPU 0.5GB`. Empty when there is no size. */
  size: string;
  /** For one pod that runs all month (730 hours), in USD. */
  usdPerMonth: number;
  /** The same for what is provisioned and not asked for (overhead excepted). */
  wasted: Capacity & { usdPerMonth: number; nextSmaller: SmallerSize | undefined };
  /** The size that would do if Fargate added no overhead, when that is a smaller one. */
  withoutOverhead: SmallerSize | undefined;
  /** Requests that are no quantities, as one shows them in a message; they count as nothing. */
  unreadable: { container: string; resource: string; value: string }[];
}

/** The hours of a month as AWS counts them in its own calculator. */
export const hoursPerMonth = 730;
/** Source: AWS Containers blog, "AWS Fargate adds support for larger ephemeral volumes": the requests, 10 % of them, and 5 GiB. */
export const ephemeral = { maxGib: 175, share: 0.1, fixedGib: 5 } as const;
/** The largest request for ephemeral storage that still fits. */
export const maxEphemeralRequestGib = Math.floor((ephemeral.maxGib - ephemeral.fixedGib) / (1 + ephemeral.share));

const mib = 1024 ** 2;
const gib = 1024 ** 3;

/** What Fargate provisions for a pod and bills. Takes any spec and throws nothing. */
export function planPod(spec: PodSpec): PodPlan {
  const unreadable: PodPlan['unreadable'] = [];
  const request = requestOf(spec, unreadable);
  const provisioned = provision(request);
  const usdPerMonth = provisioned ? priceOf(provisioned) : 0;
  return {
    request,
    provisioned,
    size: provisioned ? sizeWords(provisioned) : '',
    usdPerMonth,
    wasted: wasteOf(request, provisioned),
    withoutOverhead: provisioned && stepCrossed(request, provisioned),
    unreadable,
  };
}

/** The price of a capacity for a month of 730 hours, in USD, not rounded. */
export function priceOf({ vcpu, memoryMib, ephemeralGib }: Capacity): number {
  const { usdPerVcpuHour, usdPerGibibyteHour, usdPerEphemeralGibibyteHour, freeEphemeralGibibytes } = fargatePrices;
  const storage = Math.max(0, ephemeralGib - freeEphemeralGibibytes) * usdPerEphemeralGibibyteHour;
  return (vcpu * usdPerVcpuHour + (memoryMib / 1024) * usdPerGibibyteHour + storage) * hoursPerMonth;
}

/** AWS's words for a size. */
export const sizeWords = ({ vcpu, memoryMib }: Pick<Capacity, 'vcpu' | 'memoryMib'>): string =>
  `${vcpu}vCPU ${memoryMib / 1024}GB`;

/** The smallest capacity that holds a request and the overhead; undefined when there is none. */
export function provision(request: Capacity, addedMib: number = overheadMib): Capacity | undefined {
  const needMib = request.memoryMib + addedMib;
  const ephemeralGib = provisionEphemeral(request.ephemeralGib);
  if (ephemeralGib > ephemeral.maxGib) return undefined;
  for (const { vcpu, memoryMib } of fargateSizes) {
    const enough = vcpu >= request.vcpu - 1e-9 ? memoryMib.find((size) => size >= needMib - 1e-9) : undefined;
    if (enough !== undefined) return { vcpu, memoryMib: enough, ephemeralGib };
  }
  return undefined;
}

function provisionEphemeral(requestGib: number): number {
  if (requestGib === 0) return fargatePrices.freeEphemeralGibibytes;
  const needed = Math.ceil(requestGib * (1 + ephemeral.share) + ephemeral.fixedGib - 1e-9);
  return Math.max(fargatePrices.freeEphemeralGibibytes, needed);
}

/** A container with restartPolicy Always among the init containers runs as long as the pod: a native sidecar. */
export const isSidecar = (container: Record<string, unknown>): boolean => container.restartPolicy === 'Always';

/** max(largest init container, sum of app containers and native sidecars), for each resource by itself. */
function requestOf(spec: PodSpec, unreadable: PodPlan['unreadable']): Capacity {
  const read = (container: Record<string, unknown>): Capacity => containerRequest(container, unreadable);
  const initial = asMaps(spec.initContainers);
  const running = [...asMaps(spec.containers), ...initial.filter(isSidecar)].map(read);
  const starting = initial.filter((container) => !isSidecar(container)).map(read);
  const of = (resource: keyof Capacity): number => {
    const sum = running.reduce((total, each) => total + each[resource], 0);
    return tidy(Math.max(sum, ...starting.map((each) => each[resource])));
  };
  return { vcpu: of('vcpu'), memoryMib: of('memoryMib'), ephemeralGib: of('ephemeralGib') };
}

function containerRequest(container: Record<string, unknown>, unreadable: PodPlan['unreadable']): Capacity {
  const read = (resource: string): number => {
    const value = requestedOf(container, resource);
    const quantity = value === undefined ? 0 : parseQuantity(value);
    if (quantity !== undefined && quantity >= 0 && Number.isFinite(quantity)) return quantity;
    unreadable.push({ container: asText(container.name) ?? '(no name)', resource, value: show(value) });
    return 0;
  };
  return { vcpu: read('cpu'), memoryMib: read('memory') / mib, ephemeralGib: read('ephemeral-storage') / gib };
}

/** What a container asks for as it stands: its request, or its limit where it has no request, as the API server fills it in. */
export function requestedOf(container: Record<string, unknown>, resource: string): unknown {
  const given = (part: string): unknown => asMap(fieldOf(container, 'resources', part))[resource] ?? undefined;
  return given('requests') ?? given('limits');
}

function wasteOf(request: Capacity, provisioned: Capacity | undefined): PodPlan['wasted'] {
  if (!provisioned) return { vcpu: 0, memoryMib: 0, ephemeralGib: 0, usdPerMonth: 0, nextSmaller: undefined };
  const vcpu = tidy(Math.max(0, provisioned.vcpu - request.vcpu));
  const memoryMib = tidy(Math.max(0, provisioned.memoryMib - overheadMib - request.memoryMib));
  return {
    vcpu,
    memoryMib,
    ephemeralGib: tidy(Math.max(0, provisioned.ephemeralGib - request.ephemeralGib)),
    usdPerMonth: priceOf({ vcpu, memoryMib, ephemeralGib: 0 }),
    nextSmaller: nextSmaller(request, provisioned),
  };
}

/** Of the cheaper sizes the one for which the pod gives up the smallest share of what it asks for; of two such, the cheaper. */
function nextSmaller(request: Capacity, provisioned: Capacity): SmallerSize | undefined {
  const price = priceOf(provisioned);
  const cheaper = fargateSizes
    .flatMap(({ vcpu, memoryMib }) => memoryMib.map((size) => ({ ...provisioned, vcpu, memoryMib: size })))
    .filter((size) => priceOf(size) < price - 1e-9)
    .map((size) => smaller(request, { from: provisioned, to: size }));
  const share = ({ less }: SmallerSize): number =>
    less.vcpu / Math.max(request.vcpu, 0.001) + less.memoryMib / Math.max(request.memoryMib, 1);
  return cheaper.sort((a, b) => share(a) - share(b) || a.usdPerMonth - b.usdPerMonth)[0];
}

function smaller(request: Capacity, { from, to }: { from: Capacity; to: Capacity }): SmallerSize {
  const usdPerMonth = priceOf(to);
  const ask = {
    vcpu: Math.min(request.vcpu, to.vcpu),
    memoryMib: Math.min(request.memoryMib, to.memoryMib - overheadMib),
  };
  return {
    provisioned: to,
    size: sizeWords(to),
    usdPerMonth,
    savesUsdPerMonth: priceOf(from) - usdPerMonth,
    ask,
    less: { vcpu: tidy(request.vcpu - ask.vcpu), memoryMib: tidy(request.memoryMib - ask.memoryMib) },
  };
}

function stepCrossed(request: Capacity, provisioned: Capacity): SmallerSize | undefined {
  const bare = provision(request, 0);
  if (!bare || priceOf(bare) >= priceOf(provisioned) - 1e-9) return undefined;
  return smaller(request, { from: provisioned, to: bare });
}

/** Sums of binary fractions, without the last digits that addition makes up. */
const tidy = (value: number): number => Math.round(value * 1e9) / 1e9;
