import { partitionOf, roleArnOf } from './aws-names.ts';
import { addOnFaults, argoCdFaults } from './check-add-ons.ts';
import { addressFaults } from './check-network.ts';
import { secretFaults } from './check-secrets.ts';
import type { EnvironmentName } from './environments.ts';
import { environments } from './environments.ts';
import type { Fault } from './fault.ts';
import { sortFaults } from './fault.ts';
import { roleName, secretName } from './names.ts';
import type { Platform } from './platform.ts';
import { platform as platformSchema } from './platform.ts';
import { slicesOf } from './profiles.ts';
import type { Service, Workload } from './service.ts';
import { isCanary } from './service.ts';
import { isSound, shapeFaults } from './shape.ts';

/** Connections that PostgreSQL and RDS keep for themselves. Source: superuser_reserved_connections 3, rds.rds_superuser_reserved_connections 2; rest for people. */
const reservedConnections = 15;

/**
 * Reads the text of `catalog/platform.<env>.json` and checks it against the catalog; gives every fault with place, code
 * (E004, E010, E045, E051, E060 to E064, E066, E070 to E072, E080) and what to write instead.
 */
export function readPlatform(
  text: string,
  context: { environment: EnvironmentName; services: readonly Service[] },
): { platform: Platform; faults: [] } | { platform: undefined; faults: Fault[] } {
  const file = `catalog/platform.${context.environment}.json`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const message = `is not JSON: ${error instanceof Error ? error.message : String(error)}. Write it from Terraform's outputs.`;
    return { platform: undefined, faults: [{ place: file, code: 'E004', message }] };
  }
  const secrets = secretFaults(value, '');
  const shape = shapeFaults(platformSchema, value).map(environmentCode);
  const parsed = platformSchema.safeParse(value, { jitless: true });
  // Keys that nothing reads hide nothing: the rest is checked all the same.
  const known = isSound(platformSchema, value) ? checkPlatform(value as Platform, context) : [];
  const faults = [...secrets, ...shape, ...known].map((fault) => ({
    ...fault,
    place: `${file} ${fault.place.replace(/^\./, '')}`.trim(),
  }));
  if (faults.length > 0 || !parsed.success) return { platform: undefined, faults: sortFaults(faults) };
  return { platform: parsed.data, faults: [] };
}

/** What must hold between the platform contract and the catalog. Places are paths in the contract. */
function checkPlatform(
  platform: Platform,
  context: { environment: EnvironmentName; services: readonly Service[] },
): Fault[] {
  return [
    ...ownerFaults(platform, context.environment),
    ...arnFaults(platform, context.environment),
    ...serviceFaults(platform, context),
    ...argoCdFaults(platform, context.environment),
    ...addOnFaults(platform, context.environment),
    ...addressFaults(platform, context),
    ...connectionFaults(platform, context),
  ];
}

/** Some wrong values have a code and a remedy of their own. */
function environmentCode(fault: Fault): Fault {
  const own: Record<string, { code: string; message: string }> = {
    '.environment': { code: 'E060', message: `${fault.message} An environment is one of the catalog's.` },
    '.edge.wafAclArn': { code: 'E062', message: 'there is no web ACL. Write the ARN of the WAF that Terraform made.' },
    '.edge.certificateArn': { code: 'E063', message: 'there is no certificate. Write the ARN that Terraform gave.' },
    '.aurora.isPublic': { code: 'E064', message: 'the database must not be public. Make it private and write false.' },
  };
  return { ...fault, ...own[fault.place] };
}

function ownerFaults(platform: Platform, environment: EnvironmentName): Fault[] {
  const wanted = environments[environment];
  const faults: Fault[] = [];
  if (platform.environment !== environment) {
    const message = `this is the contract of ${platform.environment}. Write the outputs of ${environment} here.`;
    faults.push({ place: '.environment', code: 'E060', message });
  }
  for (const key of ['account', 'region'] as const) {
    if (platform[key] === wanted[key]) continue;
    const message = `${platform[key]} is not the ${key} of ${environment}. Write ${wanted[key]}, or change catalog/environments.ts.`;
    faults.push({ place: `.${key}`, code: 'E080', message });
  }
  const registry = `${wanted.account}.dkr.ecr.${wanted.region}.amazonaws.com`;
  if (!platform.registry.startsWith(registry)) {
    const message = `${platform.registry} is another account's or region's registry. Write ${registry}.`;
    faults.push({ place: '.registry', code: 'E080', message });
  }
  return faults;
}

/** Every ARN in the contract belongs to the environment's partition, account and region. */
function arnFaults(platform: Platform, environment: EnvironmentName): Fault[] {
  const { account, region } = environments[environment];
  const wanted = { partition: partitionOf(region), region, account };
  return arns(platform, '').flatMap(({ place, arn }) => {
    const [, partition = '', service, arnRegion = '', arnAccount = ''] = arn.split(':');
    const found = { partition, region: arnRegion, account: arnAccount };
    const wrong = (['partition', 'region', 'account'] as const).filter(
      (part) => found[part] !== wanted[part] && !(part === 'region' && service === 'iam' && found.region === ''),
    );
    return wrong.map((part) => ({
      place,
      code: 'E080',
      message: `the ARN is of ${part} "${found[part]}", ${environment} is ${wanted[part]}. Write an ARN of this environment.`,
    }));
  });
}

function arns(value: unknown, place: string): { place: string; arn: string }[] {
  if (typeof value === 'string') return value.startsWith('arn:') ? [{ place, arn: value }] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => arns(item, `${place}.${key}`));
}

/** Every service has a role of its own name and exactly the secrets that it declares. */
function serviceFaults(
  { services: built }: Platform,
  { environment, services }: { environment: EnvironmentName; services: readonly Service[] },
): Fault[] {
  const faults: Fault[] = [];
  for (const { name, secrets = [] } of services) {
    const own = built[name];
    const place = `.services.${name}`;
    if (!own) {
      faults.push({
        place,
        code: 'E004',
        message: 'the service is missing. Run Terraform and write its outputs here.',
      });
      continue;
    }
    const role = roleArnOf(environment, roleName(environment, name));
    if (own.roleArn !== role) {
      faults.push({ place: `${place}.roleArn`, code: 'E080', message: `is not the role of ${name}. Write ${role}.` });
    }
    faults.push(...secretArnFaults({ place, environment, name, wanted: secrets, found: own.secrets ?? {} }));
  }
  const unknown = Object.keys(built).filter((name) => !services.some((service) => service.name === name));
  const message = 'there is no such service in the catalog. Take it away, or declare it.';
  return [...faults, ...unknown.map((name) => ({ place: `.services.${name}`, code: 'E010', message }))];
}

function secretArnFaults(own: {
  place: string;
  environment: EnvironmentName;
  name: string;
  wanted: readonly string[];
  found: Record<string, string>;
}): Fault[] {
  const { place, environment, name, wanted, found } = own;
  const missing = wanted.filter((variable) => !(variable in found));
  return [
    ...missing.map((variable) => ({
      place: `${place}.secrets.${variable}`,
      code: 'E004',
      message: `is missing. Write the ARN of ${secretName(environment, name, variable)}.`,
    })),
    ...Object.entries(found).flatMap(([variable, arn]) => {
      const at = `${place}.secrets.${variable}`;
      if (!wanted.includes(variable)) {
        const message = `${name} declares no such secret. Add it to "secrets" in the catalog, or take it away here.`;
        return [{ place: at, code: 'E010', message }];
      }
      const expected = secretName(environment, name, variable);
      if (new RegExp(`:secret:${expected}-[A-Za-z0-9]{6}$`).test(arn)) return [];
      return [{ place: at, code: 'E080', message: `is not the secret ${expected}. Write its whole ARN.` }];
    }),
  ];
}

/** The most pods that a workload may have at once: while a release rolls out, one more in each slice, or all twice. */
function mostPods(workload: Workload, environment: EnvironmentName): number {
  const most = Math.max(workload.replicas[environment], workload.scaleOn?.max ?? 0);
  if (isCanary(workload, environment)) return 2 * most;
  return workload.isSingleton ? 1 : most + slicesOf(workload, environment).length;
}

function connectionFaults(
  { aurora }: Platform,
  { environment, services }: { environment: EnvironmentName; services: readonly Service[] },
): Fault[] {
  const parts = services.flatMap(({ name, database, workloads }) => {
    if (!database) return [];
    const pods = Object.values(workloads).reduce((sum, workload) => sum + mostPods(workload, environment), 0);
    return [{ text: `${name} ${pods} pods × ${database.poolSize}`, connections: pods * database.poolSize }];
  });
  const sum = parts.reduce((total, part) => total + part.connections, 0);
  const free = aurora.maxConnections - reservedConnections;
  if (sum < free) return [];
  const message =
    `pools may open ${sum} connections (${parts.map(({ text }) => text).join(' + ')}), the database takes ` +
    `${aurora.maxConnections} and keeps ${reservedConnections}. Lower a poolSize or a max, or raise the database's capacity.`;
  return [{ place: '.aurora.maxConnections', code: 'E045', message }];
}
