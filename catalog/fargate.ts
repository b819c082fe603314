/** Memory that Fargate adds to every pod for kubelet, kube-proxy and containerd. Source: EKS user guide, "Fargate pod configuration". */
export const overheadMib = 256;

const gibibytes = (from: number, to: number, step: number): number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => (from + index * step) * 1024);

/**
 * The sizes that Fargate provisions: vCPU → memory in MiB.
 * Source: awsdocs/amazon-eks-user-guide, latest/ug/nodes/fargate-pod-configuration.adoc (December 2024).
 */
export const fargateSizes: readonly { vcpu: number; memoryMib: readonly number[] }[] = [
  { vcpu: 0.25, memoryMib: [512, 1024, 2048] },
  { vcpu: 0.5, memoryMib: gibibytes(1, 4, 1) },
  { vcpu: 1, memoryMib: gibibytes(2, 8, 1) },
  { vcpu: 2, memoryMib: gibibytes(4, 16, 1) },
  { vcpu: 4, memoryMib: gibibytes(8, 30, 1) },
  { vcpu: 8, memoryMib: gibibytes(16, 60, 4) },
  { vcpu: 16, memoryMib: gibibytes(32, 120, 8) },
];

/** On-demand prices of Fargate, Linux on x86, in USD. Billed per second with a minimum of one minute. */
export const fargatePrices = {
  region: 'us-east-1',
  asOf: '2026-03-01',
  source: 'https://aws.amazon.com/fargate/pricing/ as quoted by vantage.sh and cloudburn.io in March 2026',
  usdPerVcpuHour: 0.04048,
  usdPerGibibyteHour: 0.004445,
  usdPerEphemeralGibibyteHour: 0.000111,
  freeEphemeralGibibytes: 20,
} as const;

/** A pod size as people say it, such as `0.5 vCPU / 1 GB`; what Fargate bills, overhead included. */
export type SizeName = `${number} vCPU / ${number} GB`;

/** A pod size in numbers. `requestMib` is what the pod may ask for so that the size is not crossed. */
export interface PodSize {
  vcpu: number;
  memoryMib: number;
  requestMib: number;
}

/**
 * Turns a size's name into numbers.
 * @throws RangeError when Fargate has no such size; the message names the sizes with that vCPU.
 */
export function podSize(name: SizeName): PodSize {
  const match = /^([\d.]+) vCPU \/ ([\d.]+) GB$/.exec(name);
  const vcpu = Number(match?.[1]);
  const memoryMib = Number(match?.[2]) * 1024;
  const row = fargateSizes.find((size) => size.vcpu === vcpu);
  if (!row?.memoryMib.includes(memoryMib)) {
    const known = row
      ? row.memoryMib.map((mib) => mib / 1024).join(', ')
      : fargateSizes.map((size) => size.vcpu).join(', ');
    throw new RangeError(
      `Fargate has no size "${name}". ${row ? `${vcpu} vCPU takes ${known} GB` : `vCPU is one of ${known}`}.`,
    );
  }
  return { vcpu, memoryMib, requestMib: memoryMib - overheadMib };
}
