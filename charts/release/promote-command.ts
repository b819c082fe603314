import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { environmentNames } from '@millrace/catalog/environments.ts';
import type { Release } from '@millrace/catalog/releases.ts';
import { release as releaseSchema } from '@millrace/catalog/releases.ts';
import { CommandFault } from '../command-fault.ts';
import { readOptions } from '../diff/options.ts';
import { releaseVariables } from './config.ts';
import { choiceIn, environmentIn, servicesIn } from './options.ts';
import { copiedPins } from './pins.ts';
import { prepare, tell } from './prepare.ts';
import type { Ending } from './promotion.ts';
import { conclude } from './promotion.ts';
import { releaseFile } from './release-files.ts';
import { commitOf } from './release-repository.ts';
import type { Session } from './session.ts';
import { inSession, releaseAtHead, textAt } from './session.ts';

/** What a promotion or a rollback was asked to do. */
interface Order {
  to: EnvironmentName;
  /** The environment whose pins are copied; undefined for a rollback. */
  from: EnvironmentName | undefined;
  /** The commit whose pins come back. */
  ref: string | undefined;
  service: string | undefined;
  out: string | undefined;
  isChecked: boolean;
  ending: Ending;
}

/** What `make promote` prints once the commit stands. @throws CommandFault 2, 3, 4 or 5; then nothing was changed. */
export async function promote(words: readonly string[]): Promise<string> {
  const order = readOrder(words);
  return inSession(order.out, async (session) => {
    const { to, from } = order;
    const known = session.services.map(({ name }) => name);
    const services = servicesIn(order.service, known);
    const target = releaseAtHead(session, to);
    const source = from === undefined ? formerPins(session, order, known) : nextPins(session, from);
    const plan = copiedPins({ source: source.release, from: source.name, to, target: target.release, services });
    if (plan.outcome === 'planned') plan.notes.push(...source.notes);
    const verb = from === undefined ? 'rollback' : 'promote';
    const reads = from === undefined ? [] : [from];
    const { isChecked } = order;
    const prepared = await prepare(session, {
      verb,
      environment: to,
      target,
      plan,
      origin: source.origin,
      reads,
      isChecked,
    });
    for (const note of prepared.facts.notes) tell(note);
    return conclude(session, prepared, order.ending);
  });
}

function readOrder(words: readonly string[]): Order {
  const { values, switches } = readOptions(words, {
    variables: releaseVariables(),
    values: ['from', 'to', 'rev', 'service', 'out', 'check', 'pr', 'body'],
    switches: ['dry'],
  });
  const to = environmentIn(values.get('to'), 'TO');
  const ref = values.get('rev');
  if (ref !== undefined && values.has('from')) {
    throw new CommandFault(2, 'FROM= and REV= exclude each other: FROM brings the next release, REV an earlier one.');
  }
  return {
    to,
    ref,
    from: ref === undefined ? sourceOf(to, values.get('from')) : undefined,
    service: values.get('service'),
    out: values.get('out'),
    isChecked: choiceIn(values.get('check'), { option: 'CHECK', standard: true }),
    ending: {
      isDry: switches.has('dry'),
      isPullRequest: choiceIn(values.get('pr'), { option: 'PR', standard: to === 'prod' }),
      body: values.get('body'),
      now: new Date(),
    },
  };
}

/** Each environment gets what ran in the one before it. @throws CommandFault (2) for a step over one, or back. */
function sourceOf(to: EnvironmentName, given: string | undefined): EnvironmentName {
  const place = environmentNames.indexOf(to);
  const before = environmentNames[place - 1];
  const from = given === undefined ? before : environmentIn(given, 'FROM');
  if (before === undefined) {
    throw new CommandFault(2, `TO: nothing comes before ${to}. Use "make release", or REV= to go back.`);
  }
  if (from === before) return before;
  if (from !== undefined && environmentNames.indexOf(from) >= place) {
    const advice = `To bring back what ${to} ran before: make promote TO=${to} REV=<commit>.`;
    throw new CommandFault(2, `From ${from} to ${to} is no promotion. ${advice}`);
  }
  const steps = `make promote TO=${before}, then make promote TO=${to}`;
  throw new CommandFault(2, `From ${from} to ${to} leaves ${before} out, where it would be tried. First ${steps}.`);
}

interface Source {
  release: Release;
  /** For a person. */
  name: string;
  origin: { trailer: 'Promoted-From' | 'Rolled-Back-To'; value: string };
  notes: string[];
}

const nextPins = (session: Session, from: EnvironmentName): Source => ({
  release: releaseAtHead(session, from).release,
  name: from,
  origin: { trailer: 'Promoted-From', value: from },
  notes: [],
});

/** The pins of an environment at an earlier commit; services that the catalog has no more are left out. */
function formerPins({ repository }: Session, { to, ref = '' }: Order, known: readonly string[]): Source {
  const commit = commitOf(repository.root, { ref, option: 'REV' });
  const name = `${to} at ${commit.label}`;
  const text = textAt(repository.root, commit, to);
  if (text === undefined) throw new CommandFault(2, `REV: there is no ${releaseFile(to)} at ${commit.label}.`);
  const read = releaseSchema.safeParse(jsonOf(text), { jitless: true });
  if (!read.success)
    throw new CommandFault(3, `${releaseFile(to)} at ${commit.label}: E050 is no release. Choose another commit.`);
  const { pins, ...rest } = read.data;
  const kept = Object.entries(pins).filter(([service]) => known.includes(service));
  const gone = Object.keys(pins).filter((service) => !known.includes(service));
  return {
    release: { ...rest, pins: Object.fromEntries(kept) },
    name,
    origin: { trailer: 'Rolled-Back-To', value: commit.revision },
    notes: gone.map((service) => `${name} had ${service}, which the catalog has no more: left out.`),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
