import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { planProfiles } from '@millrace/catalog/profiles.ts';
import { readText } from '@millrace/fargate/read-manifests.ts';
import { commitSnapshot } from '../diff/commit-snapshot.ts';
import type { DiffReport } from '../diff/diff-report.ts';
import { diffReport } from '../diff/diff-report.ts';
import type { PolicyFinding } from '../diff/new-findings.ts';
import type { EnvironmentSnapshot, Snapshot } from '../diff/snapshot.ts';
import { validationFindings } from '../diff/validation-findings.ts';
import type { Prepared } from './prepare.ts';
import { manifestFolder } from './release-files.ts';
import type { Session } from './session.ts';

/**
 * What `make diff` says of a commit that is not made yet: its environment in HEAD and as it will be.
 * @param label how the new side is called.
 */
export async function releaseReport(session: Session, prepared: Prepared, label: string): Promise<DiffReport> {
  const { environment } = prepared.facts;
  const from = snapshotAtHead(session, environment, prepared);
  const to: Snapshot = {
    label,
    environments: new Map([[environment, afterwards(from.environments.get(environment), prepared)]]),
    contracts: from.contracts,
  };
  const others = prepared.findings && {
    before: await validationFindings(from, [environment]),
    after: { byEnvironment: new Map<string, PolicyFinding[]>([[environment, prepared.findings]]), note: undefined },
  };
  return diffReport({ from, to }, { kind: 'change', pairs: [[environment, environment]], ...(others && { others }) });
}

/** A deploy repository begins without manifests, and keeps no contracts and no roles. */
function snapshotAtHead(session: Session, environment: EnvironmentName, { publication }: Prepared): Snapshot {
  const { repository, base } = session;
  const start = `${manifestFolder(environment)}/`;
  if (![...publication.committed.keys()].some((path) => path.startsWith(start))) {
    return { label: base.label, environments: new Map(), contracts: new Map() };
  }
  const snapshot = commitSnapshot(repository.root, base);
  const own = snapshot.environments.get(environment);
  if (own) own.profiles ??= planProfiles(environment);
  return snapshot;
}

function afterwards(
  before: EnvironmentSnapshot | undefined,
  { publication, release, facts }: Prepared,
): EnvironmentSnapshot {
  const { set } = publication;
  const manifests = [...set.files].flatMap(
    ([path, text]) => readText(text, `manifests/${set.environment}/${path}`).manifests,
  );
  const profiles = before?.profiles ?? planProfiles(facts.environment);
  const unsaid = { roles: undefined, calls: undefined, profileQuota: undefined };
  return { ...(before ?? unsaid), profiles, manifests, pins: release.pins };
}
