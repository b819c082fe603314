import { basename } from 'node:path';
import type { JsonSchema } from '@millrace/catalog/compatibility.ts';
import { environmentNames } from '@millrace/catalog/environments.ts';
import type { FargateProfile } from '@millrace/catalog/profiles.ts';
import { release } from '@millrace/catalog/releases.ts';
import { shapeFaults } from '@millrace/catalog/shape.ts';
import { asCount, asMap, fieldOf } from '@millrace/fargate/fields.ts';
import type { ManifestFolder } from '@millrace/fargate/read-manifests.ts';
import { readText } from '@millrace/fargate/read-manifests.ts';
import { CommandFault } from '../command-fault.ts';
import { callsIn } from './call-widening.ts';
import type { Commit } from './git.ts';
import { filesAt } from './git.ts';
import { rolesIn } from './role-widening.ts';
import type { EnvironmentSnapshot, Snapshot } from './snapshot.ts';

const inputs = ['manifests', 'releases', 'catalog/published', 'terraform/environments'];
const contracts = environmentNames.map((name) => `catalog/platform.${name}.json`);

/**
 * What a commit holds: its rendered manifests, releases, published contracts and roles.
 * @throws CommandFault 2 for a commit without manifests; 3 for files there that cannot be read.
 */
export function commitSnapshot(root: string, commit: Commit): Snapshot {
  const files = filesAt(root, commit, [...inputs, ...contracts]);
  const names = [...new Set([...files.keys()].flatMap((path) => /^manifests\/([^/]+)\//.exec(path)?.[1] ?? []))].sort();
  if (names.length === 0) {
    throw new CommandFault(
      2,
      `${commit.label} has no manifests/: it is older than "make synth", or they were not committed. Choose a later ref.`,
    );
  }
  return {
    label: commit.label,
    environments: new Map(names.map((name) => [name, environmentAt(name, { files, commit })])),
    contracts: new Map(
      [...files]
        .filter(([path]) => path.startsWith('catalog/published/') && path.endsWith('.json'))
        .map(([path, text]) => [basename(path, '.json'), jsonAt(path, { text, commit }) as JsonSchema]),
    ),
  };
}

interface Place {
  files: ReadonlyMap<string, string>;
  commit: Commit;
}

function environmentAt(name: string, at: Place): EnvironmentSnapshot {
  const terraform = readAt(`terraform/environments/${name}/catalog.auto.tfvars.json`, at);
  const platform = readAt(`catalog/platform.${name}.json`, at);
  return {
    manifests: manifestsAt(name, at),
    pins: pinsAt(`releases/${name}.json`, at),
    roles: rolesIn(terraform),
    calls: callsIn(terraform),
    profiles: profilesIn(terraform),
    profileQuota: asCount(fieldOf(platform, 'cluster', 'profileQuota')),
  };
}

/** What a JSON file says; undefined where the commit has no such file. */
function readAt(path: string, { files, commit }: Place): unknown {
  const text = files.get(path);
  return text === undefined ? undefined : jsonAt(path, { text, commit });
}

function pinsAt(path: string, at: Place): EnvironmentSnapshot['pins'] {
  const value = readAt(path, at);
  if (value === undefined) return {};
  const read = release.safeParse(value);
  if (read.success) return read.data.pins;
  const lines = shapeFaults(release, value).map(
    ({ place, message }) => `${at.commit.label}: ${`${path} ${place.replace(/^\./, '')}`.trim()}: E050 ${message}`,
  );
  throw new CommandFault(3, lines.join('\n'));
}

function manifestsAt(name: string, { files, commit }: Place): EnvironmentSnapshot['manifests'] {
  const found = [...files]
    .filter(([path]) => path.startsWith(`manifests/${name}/`) && /\.ya?ml$/.test(path))
    .map(([path, text]) => parsedOnce(path, text));
  const broken = found.flatMap(({ unreadable }) => unreadable.filter(({ reason }) => reason === 'not-yaml'));
  if (broken.length > 0) {
    const lines = broken.map(({ file, line, message }) => `${commit.label}: ${file}:${line}: ${message}`);
    throw new CommandFault(3, lines.join('\n'));
  }
  return found.flatMap(({ manifests }) => manifests);
}

/** Two commits have most files in common: each text is parsed once. One run reads two commits at most. */
const parsed = new Map<string, ManifestFolder>();

function parsedOnce(path: string, text: string): ManifestFolder {
  const key = `${path}\n${text}`;
  const known = parsed.get(key) ?? readText(text, path);
  parsed.set(key, known);
  return known;
}

function profilesIn(terraform: unknown): FargateProfile[] | undefined {
  const profiles = asMap(fieldOf(terraform, 'catalog', 'fargate_profiles'));
  if (Object.keys(profiles).length === 0) return undefined;
  return Object.entries(profiles).map(([name, facts]) => ({ name, ...(facts as Omit<FargateProfile, 'name'>) }));
}

function jsonAt(path: string, { text, commit }: { text: string; commit: Commit }): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CommandFault(3, `${commit.label}: ${path} is not JSON: ${(error as Error).message}.`);
  }
}
