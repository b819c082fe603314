import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import type { PinChange } from './pins.ts';

/** What a release's commit tells. */
export interface ReleaseFacts {
  verb: 'release' | 'promote' | 'rollback';
  environment: EnvironmentName;
  changes: readonly PinChange[];
  /** The commit of this repository that the manifests were rendered from. */
  catalogRevision: string;
  /** The commit before, in the repository of the releases. */
  baseRevision: string;
  /** Where the pins come from, when they are not new. */
  origin?: { trailer: 'Promoted-From' | 'Rolled-Back-To'; value: string };
  notes: readonly string[];
}

const longestSubject = 72;
const shortDigits = 8;
const shownDigest = 12;
/** Behind `sha256:`. */
const start = 7;

/** The first line: `release dev: order 1a2b3c4d, user 1a2b3c4d`. */
export function subjectOf({ verb, environment, changes, catalogRevision }: ReleaseFacts): string {
  const opening = `${verb} ${environment}:`;
  if (changes.length === 0) return `${opening} catalog at ${catalogRevision.slice(0, shortDigits)}`;
  const each = changes.map(({ service, after }) => `${service} ${after.revision.slice(0, shortDigits)}`);
  const whole = `${opening} ${each.join(', ')}`;
  if (whole.length <= longestSubject) return whole;
  const revisions = new Set(changes.map(({ after }) => after.revision));
  const [only = ''] = revisions.size === 1 ? revisions : [];
  return `${opening} ${changes.length} services${only && ` at ${only.slice(0, shortDigits)}`}`;
}

/** The whole message; its last paragraph is trailers that `git log --format='%(trailers:…)'` reads. */
export function commitMessage(facts: ReleaseFacts): string {
  const { environment, changes, baseRevision, notes, origin } = facts;
  const trailers = [
    ['Released-Environment', environment],
    ...changes.map(({ service }) => ['Released-Service', service]),
    ...[...new Set(changes.map(({ after }) => after.revision))].map((revision) => ['Source-Revision', revision]),
    ['Catalog-Revision', facts.catalogRevision],
    ...(origin ? [[origin.trailer, origin.value]] : []),
  ];
  const parts = [
    subjectOf(facts),
    changes.length > 0 ? pinLines(changes).join('\n') : 'No pin changes: the manifests follow the catalog.',
    ...(notes.length > 0 ? [notes.join('\n')] : []),
    `To go back: git revert of this commit, or make promote TO=${environment} REV=${baseRevision}.`,
    trailers.map(([key, value]) => `${key}: ${value}`).join('\n'),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** `order  image 1a2b3c4d5e6f → 9f8e7d6c5b4a, source 00112233 → 44556677`: the pins for somebody at a terminal. */
export function shortPinLines(changes: readonly PinChange[]): string[] {
  const widest = Math.max(0, ...changes.map(({ service }) => service.length));
  return changes.map(({ service, before, after }) => {
    const image = `${before?.digest.slice(start, start + shownDigest) ?? 'none'} → ${after.digest.slice(start, start + shownDigest)}`;
    const source = `${before?.revision.slice(0, shortDigits) ?? 'none'} → ${after.revision.slice(0, shortDigits)}`;
    return `  ${service.padEnd(widest)}  image ${image}, source ${source}`;
  });
}

/** Old and new image and source of each service, whole. */
function pinLines(changes: readonly PinChange[]): string[] {
  return changes.flatMap(({ service, before, after }) => [
    service,
    `  image  ${before?.digest ?? 'none'} → ${after.digest}`,
    `  source ${before?.revision ?? 'none'} → ${after.revision}`,
  ]);
}
