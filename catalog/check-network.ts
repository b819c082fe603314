import type { EnvironmentName } from './environments.ts';
import { environments } from './environments.ts';
import type { Fault } from './fault.ts';
import type { Platform } from './platform.ts';
import type { Service } from './service.ts';

/** Addresses that AWS keeps in every subnet. Source: VPC user guide, "Subnet sizing". */
const reservedAddresses = 5;

interface Block {
  place: string;
  cidr: string;
  first: number;
  size: number;
}

/** E070: networks that overlap or lie outside; E071: the number of zones; E072: too few addresses for the pods. */
export function addressFaults(
  platform: Platform,
  { environment, services }: { environment: EnvironmentName; services: readonly Service[] },
): Fault[] {
  const vpc = blockOf('.vpcCidr', platform.vpcCidr);
  const subnets = platform.zones.map(({ cidr }, index) => blockOf(`.zones[${index}].cidr`, cidr));
  return [
    ...subnets.flatMap((subnet, index) => overlapFaults(subnet, { vpc, others: subnets.slice(0, index) })),
    ...zoneFaults(platform, environment),
    ...subnets.flatMap((subnet) => sizeFaults(subnet, { environment, services })),
  ];
}

function blockOf(place: string, cidr: string): Block {
  const [address = '', prefix = '32'] = cidr.split('/');
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(prefix));
  return { place, cidr, first: Math.floor(number / size) * size, size };
}

const end = ({ first, size }: Block): number => first + size;

function overlapFaults(subnet: Block, { vpc, others }: { vpc: Block; others: readonly Block[] }): Fault[] {
  const { place, cidr } = subnet;
  const faults: Fault[] = [];
  if (subnet.first < vpc.first || end(subnet) > end(vpc)) {
    faults.push({ place, code: 'E070', message: `${cidr} is not in the VPC's ${vpc.cidr}. Write a part of that.` });
  }
  const other = others.find((each) => subnet.first < end(each) && each.first < end(subnet));
  if (other) {
    const message = `${cidr} overlaps ${other.cidr} (${other.place.slice(1)}). Give each zone addresses of its own.`;
    faults.push({ place, code: 'E070', message });
  }
  return faults;
}

function zoneFaults(platform: Platform, environment: EnvironmentName): Fault[] {
  const { zoneCount } = environments[environment];
  const faults: Fault[] = [];
  if (platform.zones.length !== zoneCount) {
    const message = `${platform.zones.length} zones, the catalog says ${zoneCount}. Write one entry for each zone.`;
    faults.push({ place: '.zones', code: 'E071', message });
  }
  platform.zones.forEach(({ name }, index) => {
    const place = `.zones[${index}].name`;
    if (!name.startsWith(platform.region)) {
      faults.push({
        place,
        code: 'E071',
        message: `${name} is no zone of ${platform.region}. Write one of its zones.`,
      });
    }
    if (platform.zones.findIndex((zone) => zone.name === name) !== index) {
      faults.push({ place, code: 'E071', message: `${name} is there already. Name each zone once.` });
    }
  });
  return faults;
}

/** Every pod takes an address. One zone must hold them all, twice: while another is away and a release rolls out. */
function sizeFaults(
  subnet: Block,
  { environment, services }: { environment: EnvironmentName; services: readonly Service[] },
): Fault[] {
  const pods = services
    .flatMap(({ workloads }) => Object.values(workloads))
    .reduce((sum, { replicas, scaleOn }) => sum + Math.max(replicas[environment], scaleOn?.max ?? 0), 0);
  const free = subnet.size - reservedAddresses;
  if (free >= 2 * pods) return [];
  const prefix = 32 - Math.ceil(Math.log2(2 * pods + reservedAddresses));
  const message =
    `${subnet.cidr} has ${free} addresses for pods < 2 × ${pods} pods at most. ` +
    `Write a /${prefix} or larger; a subnet cannot grow, so make a new one.`;
  return [{ place: subnet.place, code: 'E072', message }];
}
