import { fargatePrices } from '@millrace/catalog/fargate.ts';
import type { FargateProfile } from '@millrace/catalog/profiles.ts';
import { allRules } from './all-rules.ts';
import { unboundClaims } from './claims.ts';
import type { LocatedManifest } from './manifest.ts';
import type { PatchDay } from './patch-day.ts';
import { patchDay } from './patch-day.ts';
import type { PodPlan } from './plan.ts';
import { profileLimits } from './profiles.ts';
import type { Unreadable } from './read-manifests.ts';
import { schedulerRefusal } from './refusal.ts';
import type { Found, Rule, Severity } from './rule.ts';
import type { Spread } from './spread.ts';
import { spreadOf } from './spread.ts';
import type { FargateSet, Workload } from './workloads.ts';
import { findWorkloads } from './workloads.ts';

/** What the planner is told beside the manifests. */
export interface FargateOptions {
  /** Without profiles it is not said which profile takes a pod. */
  profiles?: readonly FargateProfile[];
  /** How many profiles the account may have; AWS gives 10. */
  profileQuota?: number;
  clusterSecurityGroup?: string;
  /** Files that could not be read; those that are no YAML become findings. */
  unreadable?: readonly Unreadable[];
  /** Rules other than all of them. */
  rules?: readonly Rule[];
}

/** One thing to mend, with its place and what to write instead. */
export interface Finding {
  rule: string;
  name: string;
  severity: Severity;
  /** Empty for what is about the profiles. */
  file: string;
  line: number;
  /** `Deployment shop/web`; empty for a file as a whole. */
  object: string;
  message: string;
  fix: string;
  source: string;
}

/** Whether the pods of a workload run on Fargate. */
export type Verdict = 'runs' | 'refused' | 'pending' | 'never';

/** What Fargate does with the pods of one workload. */
export interface PodReport {
  file: string;
  line: number;
  kind: string;
  namespace: string;
  name: string;
  replicas: number;
  isEndless: boolean;
  /** The profile's name; empty when none takes it or none is known. */
  profile: string;
  zones: readonly string[];
  plan: PodPlan;
  /** All replicas, all month. Jobs count as if they ran all month in `plan` only, and as nothing here. */
  usdPerMonth: number;
  verdict: Verdict;
  /** Why the pods do not run; empty when they do. */
  why: string;
  /** The event's text, in AWS's words; empty when the scheduler takes the pod. */
  schedulerSays: string;
}

/** Everything that the planner knows of a set of manifests. */
export interface FargateReport {
  pods: PodReport[];
  findings: Finding[];
  unreadable: readonly Unreadable[];
  spread: Omit<Spread, 'workloads'>[];
  patchDay: PatchDay;
  totals: { manifests: number; workloads: number; replicas: number; usdPerMonth: number } & Record<Severity, number>;
  prices: { region: string; asOf: string; source: string };
}

/** What Fargate does with a set of manifests, and every rule that they break. Takes any manifests and throws nothing. */
export function checkFargate(manifests: readonly LocatedManifest[], options: FargateOptions = {}): FargateReport {
  const set: FargateSet = {
    manifests,
    workloads: findWorkloads(manifests, options.profiles),
    profiles: options.profiles,
    profileQuota: options.profileQuota ?? profileLimits.profiles,
    clusterSecurityGroup: options.clusterSecurityGroup,
  };
  const unreadable = options.unreadable ?? [];
  const found = (options.rules ?? allRules).flatMap((rule) => rule.check(set).map((each) => ({ rule, ...each })));
  const findings = [...brokenFiles(unreadable), ...found.map(findingOf)].sort(inOrder);
  const stopped = new Map(found.flatMap(({ rule, at, message }) => (rule.stopsPods && at ? [[at, message]] : [])));
  const pods = set.workloads.map((workload) => podReport(workload, set, stopped.get(workload) ?? ''));
  const count = (severity: Severity): number => findings.filter((finding) => finding.severity === severity).length;
  const sum = (of: (pod: PodReport) => number): number => pods.reduce((total, pod) => total + of(pod), 0);
  return {
    pods,
    findings,
    unreadable,
    spread: spreadOf(set).map(({ workloads: _, ...rest }) => rest),
    patchDay: patchDay(set),
    totals: {
      manifests: manifests.length,
      workloads: pods.length,
      replicas: sum(({ replicas, isEndless }) => (isEndless ? replicas : 0)),
      usdPerMonth: sum(({ usdPerMonth }) => usdPerMonth),
      error: count('error'),
      warning: count('warning'),
      note: count('note'),
    },
    prices: { region: fargatePrices.region, asOf: fargatePrices.asOf, source: fargatePrices.source },
  };
}

const findingOf = ({ rule, at, message, fix }: Found & { rule: Rule }): Finding => ({
  rule: rule.id,
  name: rule.name,
  severity: rule.severity,
  file: at?.file ?? '',
  line: at?.line ?? 1,
  object: at ? objectName(at) : '',
  message,
  fix,
  source: rule.source,
});

const inOrder = (a: Finding, b: Finding): number =>
  compare(a.file, b.file) ||
  a.line - b.line ||
  compare(a.rule, b.rule) ||
  compare(a.name, b.name) ||
  compare(a.message, b.message);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Without a namespace where the manifest names none: a Namespace has none, and the rest takes the one of who applies it. */
export const objectName = ({ manifest: { kind, metadata } }: LocatedManifest): string =>
  `${kind} ${metadata.namespace ? `${metadata.namespace}/` : ''}${metadata.name}`;

/** A file that is no YAML was not checked by anybody: that is an error like any other. */
function brokenFiles(unreadable: readonly Unreadable[]): Finding[] {
  return unreadable
    .filter(({ reason }) => reason === 'not-yaml')
    .map(({ file, line, message, fix }) => ({
      rule: 'F00',
      name: 'unreadable-file',
      severity: 'error',
      file,
      line,
      object: '',
      message,
      fix,
      source: '',
    }));
}

function podReport(workload: Workload, set: FargateSet, stoppedBy: string): PodReport {
  const { file, line, manifest, namespace, replicas, isEndless, plan, match, template } = workload;
  const schedulerSays = schedulerRefusal(template.spec, plan, unboundClaims(workload, set)) ?? '';
  const profile = match?.outcome === 'matched' ? match.profile : undefined;
  const { verdict, why } = verdictOf(workload, { schedulerSays, stoppedBy });
  return {
    file,
    line: line ?? 1,
    kind: manifest.kind,
    namespace,
    name: manifest.metadata.name,
    replicas,
    isEndless,
    profile: profile?.name ?? '',
    zones: profile?.zones ?? [],
    plan,
    usdPerMonth: isEndless && verdict === 'runs' ? plan.usdPerMonth * replicas : 0,
    verdict,
    why,
    schedulerSays,
  };
}

function verdictOf(
  { manifest, match, plan }: Workload,
  { schedulerSays, stoppedBy }: { schedulerSays: string; stoppedBy: string },
): { verdict: Verdict; why: string } {
  if (manifest.kind === 'DaemonSet') return { verdict: 'never', why: 'a DaemonSet has no pods on Fargate' };
  if (match?.outcome === 'none') return { verdict: 'pending', why: 'no profile takes it' };
  if (match?.outcome === 'wrong-label')
    return { verdict: 'pending', why: `its profile ${match.wanted} does not take it` };
  if (schedulerSays !== '') return { verdict: 'refused', why: schedulerSays };
  if (!plan.provisioned) return { verdict: 'refused', why: 'Fargate has no size that is large enough' };
  return stoppedBy === '' ? { verdict: 'runs', why: '' } : { verdict: 'pending', why: stoppedBy };
}
