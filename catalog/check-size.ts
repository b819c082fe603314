import { fargateSizes } from './fargate.ts';

interface Size {
  vcpu: number;
  gibibytes: number;
}

const sizes: readonly Size[] = fargateSizes.flatMap(({ vcpu, memoryMib }) =>
  memoryMib.map((mib) => ({ vcpu, gibibytes: mib / 1024 })),
);

/** What is wrong with a size's name, if anything: the two sizes of Fargate that come nearest. */
export function sizeFault(name: string): string | undefined {
  const match = /^(\d+(?:\.\d+)?) vCPU \/ (\d+(?:\.\d+)?) GB$/.exec(name);
  if (!match) return `"${name}" is not a size. Write it like "0.5 vCPU / 1 GB".`;
  const wanted = { vcpu: Number(match[1]), gibibytes: Number(match[2]) };
  if (sizes.some(({ vcpu, gibibytes }) => vcpu === wanted.vcpu && gibibytes === wanted.gibibytes)) return undefined;
  const [first, second] = nearestSizes(wanted);
  return `Fargate has no size "${name}" (256 MB of it are Fargate's own). The nearest are "${first}" and "${second}".`;
}

/** With a vCPU that Fargate has, its two nearest memories; else the nearest memory of the vCPU below and of that above. */
function nearestSizes(wanted: Size): string[] {
  const byMemory = (candidates: readonly Size[]): Size[] =>
    candidates.toSorted(
      (a, b) =>
        Math.abs(a.gibibytes - wanted.gibibytes) - Math.abs(b.gibibytes - wanted.gibibytes) ||
        a.gibibytes - b.gibibytes,
    );
  const below = Math.max(...sizes.map(({ vcpu }) => vcpu).filter((vcpu) => vcpu <= wanted.vcpu));
  const above = Math.min(...sizes.map(({ vcpu }) => vcpu).filter((vcpu) => vcpu >= wanted.vcpu));
  const [low = [], high = []] = [below, above].map((vcpu) => byMemory(sizes.filter((size) => size.vcpu === vcpu)));
  const isBetween = below !== above && low.length > 0 && high.length > 0;
  const two = isBetween ? [...low.slice(0, 1), ...high.slice(0, 1)] : [...(low.length > 0 ? low : high)].slice(0, 2);
  return two.map(({ vcpu, gibibytes }) => `${vcpu} vCPU / ${gibibytes} GB`);
}
