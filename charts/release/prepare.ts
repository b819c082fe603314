import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import type { Release } from '@millrace/catalog/releases.ts';
import { releaseText } from '@millrace/catalog/releases.ts';
import { CommandFault } from '../command-fault.ts';
import type { PolicyFinding } from '../diff/new-findings.ts';
import type { ReleaseFacts } from './commit-message.ts';
import { commitMessage } from './commit-message.ts';
import { goingBackNotes } from './going-back.ts';
import type { PinPlan } from './pins.ts';
import { assertPolicies } from './policy-check.ts';
import type { Publication } from './publish.ts';
import { assertCommitted, assertUntouched, committedFiles, isSame, settleIndex, wantedFiles } from './release-files.ts';
import { renderRelease } from './render-release.ts';
import type { Session } from './session.ts';

/** What a command wants to become of an environment. */
export interface Wish {
  verb: ReleaseFacts['verb'];
  environment: EnvironmentName;
  /** The environment's release in HEAD. */
  target: { release: Release; text: string | undefined };
  plan: PinPlan;
  origin?: ReleaseFacts['origin'];
  /** Other environments whose release is read. */
  reads: readonly EnvironmentName[];
  isChecked: boolean;
}

/** A wish that was rendered and judged, and is not written yet. */
export interface Prepared {
  /** Pins and manifests are in HEAD already. */
  isNothing: boolean;
  publication: Publication;
  facts: ReleaseFacts;
  release: Release;
  /** What the policies warn of; undefined where they were not asked. */
  findings: PolicyFinding[] | undefined;
}

/**
 * Renders and checks what a command would commit; nothing is written.
 * @throws CommandFault 2 or 3 for what may not be, 3 where it does not render, 4 where it breaks a policy.
 */
export async function prepare(session: Session, wish: Wish): Promise<Prepared> {
  const { repository, base, services, catalogRevision } = session;
  const { environment, target, plan, verb } = wish;
  if (plan.outcome === 'refused') throw new CommandFault(plan.exitCode, plan.reason);
  assertCommitted(repository.isOwn ? wish.reads : []);
  const names = services.map(({ name }) => name);
  const isNewText =
    plan.changes.length > 0 || target.text === undefined || target.release.example !== plan.release.example;
  const text = isNewText ? releaseText(plan.release, names) : (target.text ?? '');
  tell(`${environment}: rendering`);
  const { set, remarks } = renderRelease({ environment, release: text, services });
  for (const remark of remarks) tell(remark);
  const committed = committedFiles(repository.root, base, environment);
  const wanted = wantedFiles(environment, set.files, text);
  await assertUntouched(repository, { environment, committed, wanted });
  const isNothing = isSame(committed, wanted);
  const notes = [...plan.notes, ...(target.release.example ? [] : goingBackNotes(plan.changes, services))];
  const facts: ReleaseFacts = {
    verb,
    environment,
    changes: plan.changes,
    catalogRevision,
    baseRevision: base.revision,
    notes,
    ...(wish.origin && { origin: wish.origin }),
  };
  // A run that was killed after its commit may have left the index behind.
  if (isNothing) await settleIndex(repository, environment);
  const findings = wish.isChecked && !isNothing ? await checked(set) : undefined;
  const publication = { repository, base, set, committed, wanted, message: commitMessage(facts) };
  return { isNothing, publication, facts, release: plan.release, findings };
}

function checked(set: Publication['set']): Promise<PolicyFinding[]> {
  tell(`${set.environment}: checking ${set.files.size} objects against schemas, policies, Fargate and the contract`);
  return assertPolicies(set);
}

/** A line of progress. */
export function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}
