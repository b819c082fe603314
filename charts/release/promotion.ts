import { shortPinLines, subjectOf } from './commit-message.ts';
import { git } from './git.ts';
import type { Prepared } from './prepare.ts';
import { tell } from './prepare.ts';
import { publish } from './publish.ts';
import { bodyFile, branchFor, isReleaseBranch, publishOnBranch, writeBody } from './pull-request.ts';
import { releaseReport } from './release-report.ts';
import { summaryText } from './release-summary.ts';
import type { Session } from './session.ts';

/** How a promotion ends. */
export interface Ending {
  /** Say what would change, and write nothing. */
  isDry: boolean;
  /** On a branch of its own, for a review. */
  isPullRequest: boolean;
  /** Where the pull request's text goes. */
  body: string | undefined;
  /** For the branch's name. */
  now: Date;
}

/** Commits what was prepared, as it was asked for, and gives what the person reads. */
export async function conclude(session: Session, prepared: Prepared, ending: Ending): Promise<string> {
  const { base, repository } = session;
  const { environment } = prepared.facts;
  if (prepared.isNothing) return nothing(session, prepared, ending);
  const branch = ending.isPullRequest ? branchFor(prepared, ending.now) : undefined;
  tell(`${environment}: comparing with what runs`);
  const report = await releaseReport(session, prepared, branch ?? 'the new commit');
  const change = `${subject(prepared)}\n\n${summaryText(report)}`;
  if (ending.isDry) return `${change}\nDRY=1: nothing was written.\n`;
  if (branch === undefined) {
    tell(`${environment}: committing`);
    const revision = await publish(prepared.publication);
    return `${change}${whole(session, revision)}\nNext: ${pushLine(session, base.branch)}\ncommit ${revision}\n`;
  }
  const body = bodyFile(repository, branch, ending.body);
  writeBody(body, report, prepared.facts.notes);
  tell(`${environment}: committing on ${branch}`);
  const revision = await publishOnBranch(prepared, branch);
  const lines = reviewLines(session, { branch, body, title: subjectOf(prepared.facts) });
  return `${change}${whole(session, revision)}\n${lines}commit ${revision}\n`;
}

/** Where everything can be read that the summary leaves out. */
const whole = ({ repository, base }: Session, revision: string): string =>
  repository.isOwn
    ? `Field by field: make diff FROM=${base.label} TO=${revision.slice(0, base.label.length)}\n`
    : `Line by line: git -C ${word(repository.root)} show ${revision.slice(0, base.label.length)}\n`;

/** On the branch of a run that was killed late, the commit stands and the next steps are still to be told. */
function nothing(session: Session, { facts }: Prepared, ending: Ending): string {
  const { base, repository } = session;
  const { environment } = facts;
  if (!ending.isPullRequest || !isReleaseBranch(base.branch, environment)) {
    return `nothing to ${deed(facts)}: ${environment} has these pins already.\n`;
  }
  const body = bodyFile(repository, base.branch, ending.body);
  const title = git(repository.root, ['log', '-1', '--format=%s']);
  const line = `nothing to ${deed(facts)}: ${base.branch} has these pins already.`;
  return `${line}\n${reviewLines(session, { branch: base.branch, body, title })}`;
}

const deed = ({ verb }: Prepared['facts']): string => (verb === 'rollback' ? 'roll back' : verb);

const subject = ({ facts }: Prepared): string => [subjectOf(facts), ...shortPinLines(facts.changes)].join('\n');

function reviewLines({ repository }: Session, facts: { branch: string; body: string; title: string }): string {
  const { branch, body, title } = facts;
  const [git, folder] = repository.isOwn
    ? ['git', '']
    : [`git -C ${word(repository.root)}`, `cd ${word(repository.root)} && `];
  return [
    'Next:',
    `  ${git} push --set-upstream origin ${branch}`,
    `  ${folder}gh pr create --head ${branch} --title '${title.replaceAll("'", '')}' --body-file ${word(body)}`,
    `branch ${branch}`,
    `body ${body}`,
    '',
  ].join('\n');
}

function pushLine({ repository }: Session, branch: string | undefined): string {
  const git = repository.isOwn ? 'git' : `git -C ${word(repository.root)}`;
  return branch === undefined ? `${git} push origin HEAD:<branch>` : `${git} push`;
}

/** A path as a shell takes it. */
export const word = (path: string): string => (/^[\w./@+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);
