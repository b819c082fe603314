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

/** Nearest in ratio, because a vCPU more at 0.25 is much and at 8 is little. */
function nearestSizes(wanted: Size): string[] {
  const ratio = (a: number, b: number): number => Math.abs(Math.log2(Math.max(a, 1e-3) / Math.max(b, 1e-3)));
  const distance = (size: Size): number => ratio(size.vcpu, wanted.vcpu) + ratio(size.gibibytes, wanted.gibibytes);
  return sizes
    .toSorted((a, b) => distance(a) - distance(b) || a.vcpu - b.vcpu || a.gibibytes - b.gibibytes)
    .slice(0, 2)
    .map(({ vcpu, gibibytes }) => `${vcpu} vCPU / ${gibibytes} GB`);
}
