import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { environmentNames } from '@millrace/catalog/environments.ts';
import { CommandFault } from '../command-fault.ts';
import { repositoryRoot } from '../diff/command.ts';
import { readOptions } from '../diff/options.ts';
import { shortPinLines, subjectOf } from './commit-message.ts';
import { releaseVariables } from './config.ts';
import { isBefore } from './going-back.ts';
import { readImages } from './images.ts';
import { choiceIn, environmentIn } from './options.ts';
import type { PinChange } from './pins.ts';
import { releasedPins } from './pins.ts';
import type { Prepared } from './prepare.ts';
import { prepare, tell } from './prepare.ts';
import { word } from './promotion.ts';
import { publish } from './publish.ts';
import { commitOf } from './release-repository.ts';
import type { Session } from './session.ts';
import { inSession, releaseAtHead } from './session.ts';

/** What `make release` prints once the commit stands. @throws CommandFault 2, 3, 4 or 5; then nothing was changed. */
export async function release(words: readonly string[]): Promise<string> {
  const { values, switches } = readOptions(words, {
    variables: releaseVariables(),
    values: ['env', 'images', 'revision', 'out', 'check'],
    switches: ['dry'],
  });
  const environment = environmentIn(values.get('env'), 'ENV');
  const [first] = environmentNames;
  if (environment !== first) {
    const advice = `Release to ${first}, then "make promote TO=${environment}".`;
    throw new CommandFault(
      2,
      `ENV: new images come to ${first} alone, ${environment} gets what ran before it. ${advice}`,
    );
  }
  const source = values.get('images');
  if (source === undefined) {
    throw new CommandFault(2, 'IMAGES is missing. Give a file with {"order": "sha256:…"}, or - for standard input.');
  }
  const isChecked = choiceIn(values.get('check'), { option: 'CHECK', standard: true });
  return inSession(values.get('out'), async (session) => {
    const names = session.services.map(({ name }) => name);
    const images = await readImages(source, names);
    const { revision } = commitOf(repositoryRoot, { ref: values.get('revision') ?? 'HEAD', option: 'REVISION' });
    const target = releaseAtHead(session, environment);
    const plan = releasedPins({ environment, target: target.release, images, revision });
    if (plan.outcome === 'planned') assertForward(environment, plan.changes);
    const prepared = await prepare(session, { verb: 'release', environment, target, plan, reads: [], isChecked });
    return switches.has('dry') ? dryText(prepared) : committedText(session, prepared);
  });
}

/** CI may finish an older build after a newer one: that must not take the newer images away. @throws CommandFault (4) */
function assertForward(environment: EnvironmentName, changes: readonly PinChange[]): void {
  const back = changes.filter(({ before, after }) => before && isBefore(after.revision, before.revision));
  const [first] = back;
  if (!first?.before) return;
  const names = back.map(({ service }) => service).join(', ');
  const why = `${environment} runs ${names} from ${first.before.revision.slice(0, 8)}, which is newer`;
  throw new CommandFault(4, `${why}: nothing was changed. To go back: make promote TO=${environment} REV=<commit>.`);
}

const nothing = ({ facts: { environment } }: Prepared): string =>
  `nothing to release: ${environment} has these images already.\n`;

function summary({ facts }: Prepared): string {
  return [subjectOf(facts), ...shortPinLines(facts.changes), ...facts.notes].join('\n');
}

function dryText(prepared: Prepared): string {
  if (prepared.isNothing) return nothing(prepared);
  return `${summary(prepared)}\nDRY=1: nothing was written.\n`;
}

async function committedText({ repository, base }: Session, prepared: Prepared): Promise<string> {
  if (prepared.isNothing) return nothing(prepared);
  tell(`${prepared.facts.environment}: committing`);
  const revision = await publish(prepared.publication);
  const where = repository.isOwn ? 'git' : `git -C ${word(repository.root)}`;
  const push = base.branch === undefined ? `${where} push origin HEAD:<branch>` : `${where} push`;
  return `${summary(prepared)}\nNext: ${push}\ncommit ${revision}\n`;
}
