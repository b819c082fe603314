import type { JsonSchema } from '@millrace/catalog/compatibility.ts';
import { allContracts, contractFile, publishedContract } from '@millrace/catalog/contracts.ts';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { allRoles } from '@millrace/catalog/least-privilege.ts';
import { planProfiles } from '@millrace/catalog/profiles.ts';
import type { Access } from '@millrace/catalog/service.ts';
import type { Manifest } from '@millrace/fargate/manifest.ts';
import { renderWorkingTree } from '../cost/working-tree.ts';
import { fileOf } from '../render.ts';
import type { RenderedEnvironment } from '../rendered.ts';
import type { EnvironmentSnapshot, Snapshot } from './snapshot.ts';

/** What the working tree gives, rendered in memory: the catalog as it stands, committed or not. @throws CommandFault (3) */
export function workingSnapshot(environments: readonly EnvironmentName[]): Snapshot {
  const rendered = renderWorkingTree(environments);
  return {
    label: 'working tree',
    environments: new Map(rendered.map((set) => [set.environment, environmentOf(set)])),
    contracts: new Map(
      allContracts().map((contract) => [
        contractFile(contract).replace(/\.json$/, ''),
        plain(publishedContract(contract)) as JsonSchema,
      ]),
    ),
  };
}

/** A rendered environment as a side of a comparison. */
export function environmentOf(set: RenderedEnvironment): EnvironmentSnapshot {
  const { environment, manifests, platform, release, services } = set;
  return {
    manifests: manifests.map((manifest) => ({
      file: `manifests/${environment}/${fileOf(manifest)}`,
      document: 1,
      manifest: plain(manifest) as Manifest,
    })),
    pins: release.pins,
    roles: allRoles(environment, services).map(({ name, trust, grants }) => ({ name, subject: trust.subject, grants })),
    calls: Object.fromEntries(services.map(({ name, access }) => [name, calledIn(access)])),
    profiles: planProfiles(environment),
    profileQuota: platform.cluster.profileQuota,
  };
}

const calledIn = (access: readonly Access[]): string[] =>
  access.flatMap((each) => (each.kind === 'service' ? [each.name] : []));

/** As it reads after it was written: without fields that are undefined. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
