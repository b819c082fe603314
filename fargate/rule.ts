import type { LocatedManifest } from './manifest.ts';
import type { FargateSet, NamedContainer, Workload } from './workloads.ts';
import { containersOf } from './workloads.ts';

/** An error is refused by Fargate or stops the service; a warning costs money or does nothing; a note is good to know. */
export type Severity = 'error' | 'warning' | 'note';

/** What a rule found: where, what is wrong, what to write instead. Without a place it is about the profiles. */
export interface Found {
  at?: LocatedManifest;
  message: string;
  fix: string;
}

/** One rule. `id` is the fact's number (F01 to F30; F00 is about the files); `name` tells the rules of one fact apart. */
export interface Rule {
  id: string;
  name: string;
  severity: Severity;
  source: string;
  /** A pod that breaks it does not start, though no text of the scheduler is known for it. */
  stopsPods?: true;
  check(set: FargateSet): Found[];
}

/** The documents that rules quote. */
export const sources = {
  sizes: 'EKS user guide, nodes/fargate-pod-configuration',
  fargate: 'EKS user guide, nodes/fargate',
  profiles: 'EKS user guide, nodes/fargate-profile',
  patching: 'EKS user guide, nodes/fargate-pod-patching',
  logging: 'EKS user guide, nodes/fargate-logging',
  groups: 'EKS best practices, networking/sgpp',
} as const;

type Facts = Omit<Rule, 'check'>;
type Said = Omit<Found, 'at'>;

/** A rule about one pod template at a time. */
export function podRule(facts: Facts, check: (workload: Workload, set: FargateSet) => readonly Said[]): Rule {
  return {
    ...facts,
    check: (set) =>
      set.workloads.flatMap((workload) => check(workload, set).map((said) => ({ at: workload, ...said }))),
  };
}

/** A rule about one container at a time; the message opens with its name. */
export function containerRule(
  facts: Facts,
  check: (container: NamedContainer['container'], workload: Workload, set: FargateSet) => readonly Said[],
): Rule {
  return podRule(facts, (workload, set) =>
    containersOf(workload.template.spec).flatMap(({ name, container }) =>
      check(container, workload, set).map(({ message, fix }) => ({ message: `container ${name} ${message}`, fix })),
    ),
  );
}

/** A rule about one manifest of some kinds at a time. */
export function kindRule(
  facts: Facts & { kinds: readonly string[] },
  check: (located: LocatedManifest, set: FargateSet) => readonly Said[],
): Rule {
  const { kinds, ...rest } = facts;
  return {
    ...rest,
    check: (set) =>
      set.manifests
        .filter(({ manifest }) => kinds.includes(manifest.kind))
        .flatMap((located) => check(located, set).map((said) => ({ at: located, ...said }))),
  };
}

/** One finding when a condition holds, else none. */
export const when = (condition: boolean, message: string, fix: string): Said[] => (condition ? [{ message, fix }] : []);
