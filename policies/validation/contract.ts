import { objectName } from '@millrace/fargate/check.ts';
import type { LocatedManifest } from '@millrace/fargate/manifest.ts';
import type { Finding, ValidatedSet } from './finding.ts';

/** These quote ARNs as part of a rule. */
const quoting = new Set(['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding']);

/** Everything of AWS that a manifest names must be what Terraform built in that environment. */
export function checkContract(sets: readonly ValidatedSet[]): Finding[] {
  return sets.flatMap((set) => {
    const known = new Set(textsOf(set.platform));
    const owners = ownersOf(set);
    const owning = new Set(owners.values());
    return set.manifests
      .filter(({ manifest }) => !quoting.has(manifest.kind))
      .flatMap((located) => {
        const said = textsOf(located.manifest).flatMap((text) => [
          ...arnFaults(text, { set, known }),
          ...accountFaults(text, set),
          ...workspaceFaults(text, set),
          ...nameFaults(text, { set, known }),
          ...foreignFaults(text, { located, owners, owning }),
        ]);
        const once = new Map(said.map((fault) => [fault.rule + fault.message, fault]));
        return [...once.values()].map((fault) => findingAt(set, located, fault));
      });
  });
}

interface Fault {
  rule: string;
  message: string;
}
type Against = { set: ValidatedSet; known: ReadonlySet<string> };

const findingAt = (set: ValidatedSet, located: LocatedManifest, fault: Fault): Finding => ({
  environment: set.environment,
  part: 'contract',
  severity: 'error',
  file: located.file,
  line: located.line ?? 1,
  object: objectName(located),
  ...fault,
});

/** Its partition, account and region are the environment's; what it names stands in the contract. */
function arnFaults(text: string, { set, known }: Against): Fault[] {
  const { environment, platform } = set;
  const found = text.matchAll(/arn:([a-z-]+):([a-z0-9-]+):([a-z0-9-]*):(\d{12})?:([^\s"',;]+)/g);
  return [...found].flatMap(([arn, partition, , region, account, resource = '']): Fault[] => {
    if (partition !== 'aws') return [e080(`${arn} is of partition ${partition}. Write arn:aws.`)];
    if (account && account !== platform.account) {
      return [e080(`${arn} is of account ${account}. ${environment} is ${platform.account}.`)];
    }
    if (region && region !== platform.region) {
      return [e080(`${arn} is of region ${region}. ${environment} is in ${platform.region}.`)];
    }
    if (resource.includes('*')) {
      return [{ rule: 'E081', message: `${arn} has a wildcard. Name the resource.` }];
    }
    if (known.has(arn)) return [];
    return [e080(`${arn} is not in the platform contract. Write one of catalog/platform.${environment}.json.`)];
  });
}

/** Hosts and addresses with an account in them: registries and queues. */
function accountFaults(text: string, { environment, platform }: ValidatedSet): Fault[] {
  const places = [
    ...text.matchAll(/\b(?<account>\d{12})\.dkr\.ecr\.(?<region>[a-z0-9-]+)\.amazonaws\.com/g),
    ...text.matchAll(/\bsqs\.(?<region>[a-z0-9-]+)\.amazonaws\.com\/(?<account>\d{12})\//g),
    ...text.matchAll(/\b(?<account>\d{12})\.(?<region>[a-z0-9-]+)\.redshift-serverless\.amazonaws\.com/g),
  ];
  return places.flatMap(({ 0: place, groups }): Fault[] => {
    if (groups?.['account'] === platform.account && groups['region'] === platform.region) return [];
    return [
      e080(`${place} is of another account or region. ${environment} is ${platform.account} in ${platform.region}.`),
    ];
  });
}

/** Metrics are written to, and asked of, the environment's own workspace of Prometheus. */
function workspaceFaults(text: string, { environment, platform }: ValidatedSet): Fault[] {
  const found = text.match(/https:\/\/aps-workspaces\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\/workspaces\/[\w-]+/g) ?? [];
  return found
    .filter((url) => url !== platform.telemetry.metricsUrl)
    .map((url) => e080(`${url} is another workspace. ${environment} has ${platform.telemetry.metricsUrl}.`));
}

const names = [
  { rule: 'E082', what: 'security group', form: /\bsg-[0-9a-f]{8,17}\b/g },
  { rule: 'E083', what: 'subnet', form: /\bsubnet-[0-9a-f]{8,17}\b/g },
  { rule: 'E083', what: 'network', form: /\bvpc-[0-9a-f]{8,17}\b/g },
];

function nameFaults(text: string, { set, known }: Against): Fault[] {
  return names.flatMap(({ rule, what, form }) =>
    (text.match(form) ?? [])
      .filter((name) => !known.has(name))
      .map((name) => ({
        rule,
        message: `${what} ${name} is not in the platform contract. Write one of catalog/platform.${set.environment}.json.`,
      })),
  );
}

/** What belongs to one service is used in its namespace only. */
function foreignFaults(
  text: string,
  facts: { located: LocatedManifest; owners: ReadonlyMap<string, string>; owning: ReadonlySet<string> },
): Fault[] {
  const namespace = facts.located.manifest.metadata.namespace;
  return [...facts.owners].flatMap(([name, owner]): Fault[] => {
    const isForeign = text.includes(name) && namespace !== owner && facts.owning.has(namespace ?? '');
    if (!isForeign) return [];
    return [
      { rule: 'E084', message: `${name} belongs to ${owner}. Write ${namespace}'s own of the platform contract.` },
    ];
  });
}

function ownersOf({ platform }: ValidatedSet): Map<string, string> {
  return new Map(
    Object.entries(platform.services).flatMap(([service, { roleArn, securityGroupId, secrets }]) =>
      [roleArn, securityGroupId, ...Object.values(secrets ?? {})].map((name): [string, string] => [name, service]),
    ),
  );
}

const e080 = (message: string): Fault => ({ rule: 'E080', message });

/** Every text of an object, however deep: keys say nothing of AWS. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsOf);
}
