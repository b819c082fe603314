import type { FargateProfile, ProfileSelector } from '@millrace/catalog/profiles.ts';
import { profileLabel } from '@millrace/catalog/profiles.ts';
import { parseAllDocuments } from 'yaml';
import { asMap, asMaps, asText, asTexts } from './fields.ts';

/** AWS's limits. Source: EKS user guide, "Fargate profiles", and its service quotas (the quotas can be raised). */
export const profileLimits = { selectors: 5, labels: 5, profiles: 10 } as const;

/** What EKS needs to know of a pod to find its profile. */
export interface ProfiledPod {
  namespace: string;
  labels: Readonly<Record<string, string>>;
}

/** The profile that a pod gets, and why. */
export type ProfileMatch =
  /** `all` are the names of every profile that matches, in EKS's order. Several without the label that chooses are ambiguous. */
  | { outcome: 'matched'; profile: FargateProfile; all: readonly string[]; isAmbiguous: boolean }
  /** No selector takes it: the pod stays Pending where there are no other nodes. */
  | { outcome: 'none'; nearest: string | undefined }
  /** The pod names a profile that does not exist or does not select it. */
  | { outcome: 'wrong-label'; wanted: string; exists: boolean; all: readonly string[] };

/** Which profile takes a pod: the one that its label names, else the first by name of those that match. */
export function matchProfile(pod: ProfiledPod, profiles: readonly FargateProfile[]): ProfileMatch {
  const matching = profiles.filter((profile) => profile.selectors.some((selector) => selects(selector, pod)));
  const sorted = [...matching].sort((a, b) => (a.name < b.name ? -1 : 1));
  const all = sorted.map(({ name }) => name);
  const wanted = Object.hasOwn(pod.labels, profileLabel) ? pod.labels[profileLabel] : undefined;
  if (wanted !== undefined) {
    const profile = sorted.find(({ name }) => name === wanted);
    if (profile) return { outcome: 'matched', profile, all, isAmbiguous: false };
    return { outcome: 'wrong-label', wanted, exists: profiles.some(({ name }) => name === wanted), all };
  }
  const [first] = sorted;
  if (!first) return { outcome: 'none', nearest: nearestMiss(pod, profiles) };
  return { outcome: 'matched', profile: first, all, isAmbiguous: sorted.length > 1 };
}

/** A selector takes a pod when the namespace matches and every label of it is on the pod. Wildcards hold in all three places. */
export function selects(selector: ProfileSelector, pod: ProfiledPod): boolean {
  return (
    matchesPattern(selector.namespace, pod.namespace) &&
    Object.entries(selector.labels).every(([key, value]) => hasLabel(pod, { key, value }))
  );
}

/** `*` stands for any text, also none; `?` for one character. Linear in time, whatever the pattern. */
export function matchesPattern(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  let position = 0;
  while (at < text.length) {
    if (position < pattern.length && pattern[position] === '*') {
      star = position;
      resume = at;
      position += 1;
    } else if (position < pattern.length && (pattern[position] === '?' || pattern[position] === text[at])) {
      position += 1;
      at += 1;
    } else if (star >= 0) {
      position = star + 1;
      resume += 1;
      at = resume;
    } else {
      return false;
    }
  }
  while (pattern[position] === '*') position += 1;
  return position === pattern.length;
}

const hasLabel = (pod: ProfiledPod, { key, value }: { key: string; value: string }): boolean =>
  Object.entries(pod.labels).some(([label, is]) => matchesPattern(key, label) && matchesPattern(value, is));

/** Of the selectors that take the pod's namespace, what the one with the fewest missing labels misses. */
function nearestMiss(pod: ProfiledPod, profiles: readonly FargateProfile[]): string | undefined {
  const misses = profiles.flatMap(({ name, selectors }) =>
    selectors
      .filter((selector) => matchesPattern(selector.namespace, pod.namespace))
      .map(({ labels }) => ({
        name,
        missing: Object.entries(labels).filter(([key, value]) => !hasLabel(pod, { key, value })),
      })),
  );
  const nearest = misses.sort((a, b) => a.missing.length - b.missing.length)[0];
  return nearest && `${nearest.name} wants ${nearest.missing.map(([key, value]) => `${key}=${value}`).join(', ')}`;
}

/** Profiles of a file, or why there are none. */
export type ProfilesFile = { outcome: 'read'; profiles: FargateProfile[] } | { outcome: 'refused'; message: string };

const forms =
  'Write a list of {name, selectors: [{namespace, labels}]} under "fargateProfiles" (as eksctl has it) or as the whole file.';

/**
 * Reads profiles from YAML or JSON: eksctl's ClusterConfig, our own list, or what `aws eks describe-fargate-profile` prints.
 * Zones are taken from `zones`, else each subnet is taken for a zone; none of both is "not known".
 */
export function readProfiles(text: string): ProfilesFile {
  let values: unknown[];
  try {
    const documents = [...parseAllDocuments(text, { logLevel: 'silent' })];
    const broken = documents.find((document) => document.errors.length > 0)?.errors[0];
    if (broken) return { outcome: 'refused', message: `not YAML: ${broken.message.split('\n')[0]}` };
    values = documents.map((document): unknown => document.toJS({ maxAliasCount: 100 }));
  } catch (error) {
    return { outcome: 'refused', message: `not YAML: ${error instanceof Error ? error.message : String(error)}` };
  }
  const rows = values.flatMap(rowsOf);
  if (rows.length === 0) return { outcome: 'refused', message: `no Fargate profiles in it. ${forms}` };
  const profiles = rows.map(profileOf);
  const nameless = profiles.findIndex(({ name }) => name === '');
  if (nameless >= 0) return { outcome: 'refused', message: `profile ${nameless + 1} has no name. ${forms}` };
  return { outcome: 'read', profiles };
}

function rowsOf(value: unknown): Record<string, unknown>[] {
  if (Array.isArray(value)) return asMaps(value);
  const file = asMap(value);
  if (file.fargateProfile !== undefined) return [asMap(file.fargateProfile)];
  return [...asMaps(file.fargateProfiles), ...asMaps(file.profiles)];
}

function profileOf(row: Record<string, unknown>): FargateProfile {
  const zones = [row.zones, row.subnets, row.subnetIds].find((list): list is unknown[] => Array.isArray(list)) ?? [];
  return {
    name: asText(row.name) ?? asText(row.fargateProfileName) ?? '',
    selectors: asMaps(row.selectors).map(({ namespace, labels }) => ({
      namespace: asText(namespace) ?? '',
      labels: asTexts(labels),
    })),
    zones: zones.flatMap((zone) => asText(zone) ?? []),
  };
}
