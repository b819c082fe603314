import type { Pin } from '@millrace/catalog/releases.ts';
import { podCosts } from '../cost/pods.ts';
import type { BuiltChanges } from './built-changes.ts';
import { callWidenings } from './call-widening.ts';
import { consequenceOf } from './consequences.ts';
import type { ContractChange } from './contract-changes.ts';
import { contractChanges } from './contract-changes.ts';
import type { CostChange } from './cost-change.ts';
import { costChange } from './cost-change.ts';
import type { FieldChange } from './field-changes.ts';
import type { FindingsChange, PolicyFinding } from './new-findings.ts';
import { fargateFindings, findingsChange } from './new-findings.ts';
import { objectWidenings } from './object-widening.ts';
import type { ResourceChange } from './resource-changes.ts';
import { resourceChanges } from './resource-changes.ts';
import type { Restart } from './restarts.ts';
import { restartsOf } from './restarts.ts';
import type { Widening } from './role-widening.ts';
import { roleWidenings } from './role-widening.ts';
import type { EnvironmentSnapshot, Snapshot } from './snapshot.ts';
import type { ValidationFindings } from './validation-findings.ts';

/** Another image of a service. */
export interface ReleaseChange {
  service: string;
  before: Pin | undefined;
  after: Pin | undefined;
}

/** What changes in one environment, or between two of them. */
export interface EnvironmentDiff {
  /** `dev`, or `dev → staging`. */
  name: string;
  deleted: { resource: string; consequence: string }[];
  changed: { resource: string; fields: FieldChange[] }[];
  added: string[];
  restarts: Restart[];
  widened: Widening[];
  releases: ReleaseChange[];
  cost: CostChange;
  policies: FindingsChange;
  /** What could not be compared and why. */
  notes: string[];
}

/** Everything that `make diff` says. */
export interface DiffReport {
  /** A change is applied: what it deletes is gone. Environments stand beside each other: it is only in one of them. */
  kind: 'change' | 'environments';
  from: string;
  to: string;
  contracts: ContractChange[];
  environments: EnvironmentDiff[];
  /** What Terraform builds differently; only between environments. */
  built?: BuiltChanges;
  /** What was not looked at, and why. */
  notes: string[];
}

/** What another program says of both sides, such as the admission policies. */
export interface OtherFindings {
  before: ValidationFindings;
  after: ValidationFindings;
}

/** Compares two sides, environment by environment; `pairs` says which with which. */
export function diffReport(
  sides: { from: Snapshot; to: Snapshot },
  options: {
    kind: DiffReport['kind'];
    pairs: readonly [string, string][];
    others?: OtherFindings;
    built?: BuiltChanges;
  },
): DiffReport {
  const { from, to } = sides;
  return {
    kind: options.kind,
    from: from.label,
    to: to.label,
    contracts: contractChanges(from.contracts, to.contracts),
    ...(options.built && { built: options.built }),
    notes: [...new Set([options.others?.before.note, options.others?.after.note, options.built?.note])].filter(
      (note) => note !== undefined,
    ),
    environments: options.pairs.map(([left, right]) =>
      environmentDiff(left === right ? left : `${left} → ${right}`, {
        before: from.environments.get(left),
        after: to.environments.get(right),
        labels: [from.label, to.label],
        others: [options.others?.before.byEnvironment.get(left), options.others?.after.byEnvironment.get(right)],
        kind: options.kind,
      }),
    ),
  };
}

interface Sides {
  before: EnvironmentSnapshot | undefined;
  after: EnvironmentSnapshot | undefined;
  labels: [string, string];
  others: [PolicyFinding[] | undefined, PolicyFinding[] | undefined];
  kind: DiffReport['kind'];
}

function environmentDiff(name: string, { before, after, labels, others, kind }: Sides): EnvironmentDiff {
  const [left, right] = [before, after].map((side) => (side?.manifests ?? []).map(({ manifest }) => manifest));
  const [oldPods, newPods] = [podCosts(left ?? []), podCosts(right ?? [])];
  const changes = resourceChanges(left ?? [], right ?? []);
  const of = (wanted: ResourceChange['change']): ResourceChange[] => changes.filter(({ change }) => change === wanted);
  const said = [...fargateFindings(before), ...(others[0] ?? [])];
  const says = [...fargateFindings(after), ...(others[1] ?? [])];
  const arrivals = of('added').flatMap(({ after: object }) => object ?? []);
  const restarts = kind === 'change' ? restartsOf(changes, newPods) : [];
  return {
    name,
    deleted: of('deleted').flatMap(({ resource, before: object }) =>
      object ? [{ resource, consequence: consequenceOf(object, { pods: oldPods, added: arrivals }) }] : [],
    ),
    changed: of('changed').map(({ resource, fields }) => ({ resource, fields })),
    added: of('added').map(({ resource }) => resource),
    restarts,
    widened: [
      ...roleWidenings(before?.roles ?? after?.roles ?? [], after?.roles ?? []),
      ...callWidenings(before?.calls ?? after?.calls ?? {}, after?.calls ?? {}),
      ...objectWidenings(changes),
    ],
    releases: releaseChanges(before?.pins ?? {}, after?.pins ?? {}),
    cost: costChange(oldPods, newPods),
    policies: findingsChange(said, says),
    notes: [...sideNotes({ before, after, labels }), ...(kind === 'change' ? groupNotes(changes, restarts) : [])],
  };
}

function releaseChanges(before: Readonly<Record<string, Pin>>, after: Readonly<Record<string, Pin>>): ReleaseChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names
    .map((service) => ({ service, before: before[service], after: after[service] }))
    .filter((change) => change.before?.digest !== change.after?.digest);
}

function sideNotes({ before, after, labels }: Pick<Sides, 'before' | 'after' | 'labels'>): string[] {
  if (!before) return [`${labels[0]} does not have this environment: everything is new.`];
  if (!after) return [`${labels[1]} does not have this environment any more: everything in it is deleted.`];
  const silent = labels.filter((_, index) => ![before, after][index]?.roles);
  return silent.map(
    (label) => `Roles were not compared: ${label} has no catalog.auto.tfvars.json for it in terraform/environments/.`,
  );
}

/** A security group holds for pods that start after it was set. */
function groupNotes(changes: readonly ResourceChange[], restarts: readonly Restart[]): string[] {
  return changes
    .filter(({ before, after }) => (after ?? before)?.kind === 'SecurityGroupPolicy')
    .map(({ before, after }) => (after ?? before)?.metadata.namespace ?? 'default')
    .filter((space) => !restarts.some(({ resource }) => resource.includes(` ${space}/`)))
    .filter((space) => changes.some(({ before }) => before?.metadata.namespace === space))
    .map((space) => `Pods of ${space} that run keep their old security groups until they restart.`);
}
