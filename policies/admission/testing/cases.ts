import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import type { AdmissionRequest, KubernetesObject } from '../evaluate.ts';
import { policyFolders } from '../policies.ts';
import { asKind, podKinds } from './kinds.ts';

/** A request to one policy and what must become of it. */
export interface Case {
  policy: string;
  name: string;
  request: AdmissionRequest;
  /** Parameters that differ from prod's. */
  params: Record<string, string>;
  namespace: { labels?: Record<string, string>; annotations?: Record<string, string> } | undefined;
  /** Parts of the messages with which it is refused; none when it passes. */
  refused: readonly string[];
}

/** A row of cases.yaml: the manifest of good.yaml that `of` counts, with a change. */
interface CaseRow {
  it: string;
  of?: number;
  as?: string;
  object?: KubernetesObject;
  /** JSON pointers and their new values; null takes away. */
  change?: Record<string, unknown>;
  /** Changes that make the old object out of the same manifest. */
  old?: Record<string, unknown>;
  repeat?: { pointer: string; text: string; times: number };
  operation?: string;
  subresource?: string;
  resource?: string;
  namespaceName?: string;
  name?: string;
  userInfo?: { username: string; groups?: string[] };
  params?: Record<string, string>;
  namespace?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  refused?: string;
  alsoRefused?: string[];
  allowed?: true;
}

/** Every case of every policy; those of a Deployment also as each other kind that makes pods. */
export function readCases(): Case[] {
  return policyFolders().flatMap((folder) => {
    const policy = basename(folder);
    const good = readDocuments(join(folder, 'good.yaml'));
    const bad = readDocuments(join(folder, 'bad.yaml'));
    const rows = existsSync(join(folder, 'cases.yaml'))
      ? (parse(readFileSync(join(folder, 'cases.yaml'), 'utf8')) as CaseRow[])
      : [];
    const needsIdentity = rows.some(({ userInfo }) => userInfo !== undefined);
    const cases = [
      ...(needsIdentity
        ? []
        : good.map((object, index) => plain({ policy, name: `good ${index}`, object, refused: [] }))),
      ...bad.map((object, index) => plain({ policy, name: `bad ${index}`, object, refused: [''] })),
      ...rows.map((row) => caseOf(policy, row, good)),
    ];
    return cases.flatMap((each) => [each, ...inOtherKinds(each)]);
  });
}

function plain(facts: { policy: string; name: string; object: KubernetesObject; refused: string[] }): Case {
  const { policy, name, object, refused } = facts;
  const request = { id: `${policy}: ${name}`, object, policies: [policy] };
  return { policy, name, request, params: {}, namespace: undefined, refused };
}

function caseOf(policy: string, row: CaseRow, good: readonly KubernetesObject[]): Case {
  const from = row.object ?? good[row.of ?? 0];
  if (!from) throw new Error(`${policy}: "${row.it}" is of manifest ${row.of ?? 0}, which good.yaml has not`);
  if (row.refused === undefined && !row.allowed)
    throw new Error(`${policy}: "${row.it}" says neither refused nor allowed`);
  const changed = change(from, row.change ?? {});
  const object = row.repeat
    ? change(changed, { [row.repeat.pointer]: row.repeat.text.repeat(row.repeat.times) })
    : changed;
  return {
    policy,
    name: row.it,
    request: {
      id: `${policy}: ${row.it}`,
      operation: row.operation,
      subresource: row.subresource,
      resource: row.resource,
      namespace: row.namespaceName,
      name: row.name,
      object: row.operation === 'DELETE' ? undefined : row.as ? asKind(object, row.as) : object,
      oldObject: row.old && change(from, row.old),
      userInfo: row.userInfo,
      policies: [policy],
    },
    params: row.params ?? {},
    namespace: row.namespace,
    refused: row.refused === undefined ? [] : [row.refused, ...(row.alsoRefused ?? [])],
  };
}

/** What is asked of a pod is asked of it wherever it stands, but for these: a Job serves nobody, a Pod has no template. */
const notAsked: Record<string, readonly string[]> = {
  'v11-probes': ['Job', 'CronJob'],
  'v12-graceful-end': ['Job', 'CronJob'],
  'v13-labels': ['Pod'],
  'v14-always-enough-replicas': podKinds,
};

function inOtherKinds(each: Case): Case[] {
  const object = each.request.object as KubernetesObject | undefined;
  if (object?.kind !== 'Deployment') return [];
  return podKinds
    .filter((kind) => !notAsked[each.policy]?.includes(kind))
    .map((kind) => {
      const name = `${each.name} (${kind})`;
      const request = { ...each.request, id: `${each.policy}: ${name}`, object: asKind(object, kind) };
      return { ...each, name, request };
    });
}

/** A manifest with values at JSON pointers replaced, added or (null) taken away. */
export function change(manifest: KubernetesObject, changes: Record<string, unknown>): KubernetesObject {
  const changed = structuredClone(manifest);
  for (const [pointer, value] of Object.entries(changes)) {
    const keys = pointer
      .split('/')
      .slice(1)
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = keys.pop() ?? '';
    let place = changed;
    for (const key of keys) {
      place[key] ??= {};
      place = place[key] as KubernetesObject;
    }
    if (value === null) delete place[last];
    else place[last] = value;
  }
  return changed;
}

function readDocuments(file: string): KubernetesObject[] {
  if (!existsSync(file)) return [];
  return parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as KubernetesObject);
}
