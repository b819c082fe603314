import type { Service } from '@millrace/catalog/service.ts';
import { eventsOf } from '@millrace/catalog/service.ts';
import { repositoryRoot } from '../diff/command.ts';
import { runGit } from './git.ts';
import type { PinChange } from './pins.ts';

/** What a migration says that takes something away, so that older code may miss it. */
const contracts =
  /\b(drop\s+(table|column|constraint|type|view|schema)|rename\s+|set\s+not\s+null|alter\s+column\s+\w+\s+type)\b/i;
const shortDigits = 8;

/** Whether a commit of this repository came before another. Undefined where the clone lacks one of them. */
export function isBefore(earlier: string, later: string): boolean | undefined {
  if (!isKnown(earlier) || !isKnown(later)) return undefined;
  return earlier !== later && runGit(repositoryRoot, ['merge-base', '--is-ancestor', earlier, later]).code === 0;
}

/**
 * What makes a change of pins risky where it goes to older code: migrations that ran already and stay, and events that the
 * newer code published. Empty where nothing of the kind lies between.
 */
export function goingBackNotes(changes: readonly PinChange[], services: readonly Service[]): string[] {
  const moving = changes.flatMap(({ service, before, after }) =>
    before && before.revision !== after.revision ? [{ service, now: before.revision, next: after.revision }] : [],
  );
  const unknown = moving.filter(({ now, next }) => !isKnown(now) || !isKnown(next)).map(({ service }) => service);
  const lines = moving
    .filter(({ service }) => !unknown.includes(service))
    .flatMap((move) => [...migrationNotes(move), ...eventNotes(move, services)]);
  if (unknown.length > 0) {
    const why = 'the source revisions are not in this clone';
    lines.push(`Whether ${unknown.join(', ')} would go back over a migration is unknown: ${why} ("git fetch").`);
  }
  return lines;
}

interface Move {
  service: string;
  /** The source revision that runs. */
  now: string;
  /** The one that would run. */
  next: string;
}

function migrationNotes({ service, now, next }: Move): string[] {
  return addedBetween(next, now, `services/${service}/migrations`).map((path) => {
    const file = path.split('/').at(-1) ?? path;
    const ran = `${service}: ${file} has run and stays, and ${next.slice(0, shortDigits)} does not know it`;
    const { out } = runGit(repositoryRoot, ['show', `${now}:${path}`]);
    return contracts.test(out.replaceAll(/--.*$/gm, ''))
      ? `${ran}. It takes something away: the older code may need that. Go back only to a release that has it.`
      : `${ran}. It only adds, so the older code should work with it (expand, deploy, contract): read it first.`;
  });
}

function eventNotes({ service, now, next }: Move, services: readonly Service[]): string[] {
  const facts = services.find(({ name }) => name === service);
  const names = new Set([
    ...(facts?.publishes ?? []).map(({ name }) => name),
    ...(facts?.consumes ?? []).flatMap((subscription) => eventsOf(subscription).map(({ name }) => name)),
  ]);
  const news = addedBetween(next, now, 'catalog/published')
    .map((path) => (path.split('/').at(-1) ?? '').replace(/\.json$/, ''))
    .filter((contract) => names.has(contract.replace(/\.v\d+$/, '')));
  if (news.length === 0) return [];
  const what = `${service}: ${news.join(', ')} came after ${next.slice(0, shortDigits)}`;
  return [`${what}. A consumer that goes back sends them to its dead-letter queue: redrive when it is forward again.`];
}

/** Files of a folder that `later` has and `earlier` lacks. */
function addedBetween(earlier: string, later: string, folder: string): string[] {
  const words = ['diff', '--name-only', '--no-renames', '--diff-filter=A', '-z', earlier, later, '--', folder];
  return runGit(repositoryRoot, words).out.split('\0').filter(Boolean).sort();
}

const isKnown = (revision: string): boolean =>
  runGit(repositoryRoot, ['cat-file', '-e', `${revision}^{commit}`]).code === 0;
