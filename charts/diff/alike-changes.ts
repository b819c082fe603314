import type { EnvironmentDiff } from './diff-report.ts';
import type { FieldChange } from './field-changes.ts';
import type { PolicyFinding } from './new-findings.ts';

/** Objects of one kind whose fields change alike, told once. */
export interface AlikeChanges {
  /** `Deployment order/order-api`, or `27 ValidatingAdmissionPolicyBinding: v01, v02, …`. */
  title: string;
  fields: FieldChange[];
}

/** Puts together the objects of one kind that change in the same way, in the order of the first of each. */
export function alikeChanges(changed: EnvironmentDiff['changed']): AlikeChanges[] {
  const groups = new Map<string, { resources: string[]; fields: FieldChange[] }>();
  for (const { resource, fields } of changed) {
    const key = `${resource.split(' ')[0]} ${JSON.stringify(fields)}`;
    const group = groups.get(key) ?? { resources: [], fields };
    group.resources.push(resource);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ resources, fields }) => ({ title: titleOf(resources), fields }));
}

function titleOf(resources: readonly string[]): string {
  const [first = ''] = resources;
  if (resources.length === 1) return first;
  const names = resources.map((resource) => resource.slice(resource.indexOf(' ') + 1));
  return `${resources.length} ${first.split(' ')[0]}: ${names.join(', ')}`;
}

/** Findings of one rule that say the same of several objects, told once: `warning F14 one-zone Deployment shop/web, …: …`. */
export function alikeFindings(findings: readonly PolicyFinding[]): { title: string; message: string }[] {
  const groups = new Map<string, { title: string; objects: string[]; message: string }>();
  for (const { rule, severity, object, message } of findings) {
    const title = `${severity} ${rule}`;
    const key = `${title} ${message}`;
    const group = groups.get(key) ?? { title, objects: [], message };
    group.objects.push(object);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ title, objects, message }) => ({
    title: `${title} ${objects.filter(Boolean).join(', ')}`.trim(),
    message,
  }));
}

/** Objects by their namespace, told in one line each: `order: Deployment order-api, Service order-api`. */
export function byNamespace(resources: readonly string[]): string[] {
  const groups = new Map<string, string[]>();
  for (const resource of resources) {
    const [, kind = '', space, name = ''] = /^(\S+) (?:([^/]+)\/)?(.+)$/.exec(resource) ?? [];
    const key = space ?? (kind === 'Namespace' ? name : '(cluster)');
    groups.set(key, [...(groups.get(key) ?? []), `${kind} ${name}`]);
  }
  return [...groups].map(([space, names]) => `${space}: ${names.join(', ')}`);
}
