import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { environments } from '@millrace/catalog/environments.ts';
import { builtPrices } from '@millrace/catalog/prices.ts';
import { hoursPerMonth } from '@millrace/fargate/plan.ts';
import { z } from 'zod';
import { CommandFault } from '../command-fault.ts';
import { repositoryRoot } from '../diff/command.ts';
import { cents, sumCents } from './money.ts';

/** One thing that Terraform builds, or that follows from it, with what it costs in a month whether somebody comes or not. */
export interface BuiltLine {
  /** The name of its price in catalog/prices.ts. */
  name: string;
  words: string;
  least: number;
  most: number;
  minCents: number;
  maxCents: number;
}

/** What an environment costs besides pods. Undefined where catalog/built.json does not know it. */
export interface BuiltCost {
  lines: BuiltLine[];
  minCents: number;
  maxCents: number;
}

/** Names of what is billed, for a person; a node has its type behind. */
const words: Readonly<Record<string, string>> = {
  auroraAcuHour: 'Aurora, capacity units',
  redshiftRpuHour: 'Redshift, unit hours a month',
  natGatewayHour: 'NAT gateways',
  publicAddressHour: 'public IPv4 addresses',
  endpointZoneHour: 'interface endpoints, times zones',
  loadBalancerHour: 'load balancer (the controller makes it)',
  keyMonth: 'keys',
  secretMonth: 'secrets',
  alarmMonth: 'alarms',
  dashboardMonth: 'dashboards',
  webAclMonth: 'web ACLs',
  webAclRuleMonth: 'rules of web ACLs',
  hostedZoneMonth: 'hosted zones',
};
/** Counted by the hour of the whole month already, not by how many there are. */
const isByUse = new Set(['redshiftRpuHour']);

/** What it costs is what follows use, so no estimate without traffic has it. */
export const notInBuilt =
  'what is stored, logged, carried and asked: storage of Aurora, Redshift, S3, EFS and ECR, logs, metrics, traces, NAT and ' +
  'endpoint traffic, CloudFront, requests of WAF and KMS, GuardDuty, Config, Security Hub, users of Cognito and Grafana';

const quantity = z.object({ least: z.number(), most: z.number() });
const built = z.record(z.string(), z.union([z.string(), z.object({ quantities: z.record(z.string(), quantity) })]));
type Quantities = Record<string, z.output<typeof quantity>>;

/** The month's bill for what Terraform builds in an environment. @throws CommandFault 3 for a file or a thing without a price. */
export function builtCost(environment: EnvironmentName, root = repositoryRoot): BuiltCost | undefined {
  const quantities = quantitiesOf(environment, root);
  return quantities && priced(quantities, environment);
}

/** Every line adds up to the sum. */
export function priced(quantities: Quantities, environment: EnvironmentName): BuiltCost {
  // One Ingress group, so one load balancer, which has an address of its own in each zone.
  const addresses = environments[environment].zoneCount;
  const own = quantities['publicAddressHour'] ?? { least: 0, most: 0 };
  const all: Quantities = {
    ...quantities,
    loadBalancerHour: { least: 1, most: 1 },
    publicAddressHour: { least: own.least + addresses, most: own.most + addresses },
  };
  const lines = Object.entries(all).map(([name, amount]) => lineOf(name, amount));
  lines.sort((a, b) => b.minCents - a.minCents || b.maxCents - a.maxCents || (a.name < b.name ? -1 : 1));
  return {
    lines,
    minCents: sumCents(lines.map(({ minCents }) => minCents)),
    maxCents: sumCents(lines.map(({ maxCents }) => maxCents)),
  };
}

function lineOf(name: string, { least, most }: z.output<typeof quantity>): BuiltLine {
  const price = builtPrices[name];
  if (!price) throw new CommandFault(3, `catalog/built.json: ${name} has no price. Write one in catalog/prices.ts.`);
  const [kind = '', type] = name.split(' ');
  const times = kind.endsWith('Hour') && !isByUse.has(kind) ? hoursPerMonth : 1;
  return {
    name,
    words: type === undefined ? (words[kind] ?? kind) : `cache nodes ${type}`,
    least,
    most,
    minCents: cents(price.usd * times * least),
    maxCents: cents(price.usd * times * most),
  };
}

function quantitiesOf(environment: EnvironmentName, root: string): Quantities | undefined {
  const path = join(root, 'catalog/built.json');
  if (!existsSync(path)) return undefined;
  const read = built.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  if (!read.success) throw new CommandFault(3, 'catalog/built.json is not understood. Run "make terraform".');
  const facts = read.data[environment];
  return typeof facts === 'object' ? facts.quantities : undefined;
}
