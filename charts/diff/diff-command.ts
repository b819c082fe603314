import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { environmentNames, environments } from '@millrace/catalog/environments.ts';
import type { Manifest } from '@millrace/fargate/manifest.ts';
import { CommandFault } from '../command-fault.ts';
import { commandVariables } from '../cost/config.ts';
import { renderWorkingTree } from '../cost/working-tree.ts';
import { builtChanges } from './built-changes.ts';
import { repositoryRoot } from './command.ts';
import { commitSnapshot } from './commit-snapshot.ts';
import { diffJson } from './diff-json.ts';
import { diffMarkdown } from './diff-markdown.ts';
import type { DiffReport, OtherFindings } from './diff-report.ts';
import { diffReport } from './diff-report.ts';
import { diffText, paintFor } from './diff-text.ts';
import { resolveCommit } from './git.ts';
import { normaliser } from './normalise.ts';
import type { Options } from './options.ts';
import { isEnvironment, readOptions } from './options.ts';
import { resourceChanges } from './resource-changes.ts';
import type { Snapshot } from './snapshot.ts';
import { validationFindings } from './validation-findings.ts';
import { environmentOf, workingSnapshot } from './working-snapshot.ts';

const formats = ['text', 'markdown', 'json'] as const;

/** What `make diff` prints. @throws CommandFault 2 for wrong usage, 3 for a side that cannot be read, 5 for the machine. */
export async function diff(words: readonly string[]): Promise<string> {
  const variables = commandVariables();
  const options = readOptions(words, { variables, values: ['from', 'to', 'format'], switches: ['json'] });
  const format = formatOf(options);
  const report = await reportOf(options.values.get('from') ?? 'HEAD', options.values.get('to'));
  if (format === 'json') return diffJson(report);
  if (format === 'markdown') return diffMarkdown(report);
  return diffText(report, paintFor(process.stdout.isTTY && !variables['NO_COLOR']));
}

async function reportOf(from: string, to: string | undefined): Promise<DiffReport> {
  if (isEnvironment(from) && to !== undefined && isEnvironment(to)) return betweenEnvironments(from, to);
  const environment = [from, to].find((side) => side !== undefined && isEnvironment(side));
  if (environment !== undefined) {
    const other = environment === from ? to : from;
    const fault =
      other === undefined
        ? `"${environment}" is an environment`
        : `"${other}" is not an environment, and "${environment}" is one`;
    throw new CommandFault(
      2,
      `${fault}: compare two of ${environmentNames.join(', ')}, or two refs. A branch of that name is refs/heads/${environment}.`,
    );
  }
  const before = commitSnapshot(repositoryRoot, resolveCommit(repositoryRoot, from));
  const after =
    to === undefined
      ? workingSnapshot(environmentNames)
      : commitSnapshot(repositoryRoot, resolveCommit(repositoryRoot, to));
  const names = [...new Set([...before.environments.keys(), ...after.environments.keys()])].sort(byPromotion);
  const pairs = names.map((name): [string, string] => [name, name]);
  const others = await otherFindings(before, after, names);
  return diffReport({ from: before, to: after }, { kind: 'change', pairs, others });
}

/** Asks about both sides at once, and only of environments in which something changes. */
async function otherFindings(from: Snapshot, to: Snapshot, names: readonly string[]): Promise<OtherFindings> {
  const manifestsOf = (side: Snapshot, name: string): Manifest[] =>
    (side.environments.get(name)?.manifests ?? []).map(({ manifest }) => manifest);
  const changing = names.filter((name) => resourceChanges(manifestsOf(from, name), manifestsOf(to, name)).length > 0);
  const [before, after] = await Promise.all([validationFindings(from, changing), validationFindings(to, changing)]);
  return { before, after };
}

async function betweenEnvironments(from: EnvironmentName, to: EnvironmentName): Promise<DiffReport> {
  const rendered = renderWorkingTree([...new Set([from, to])]);
  const side = (name: EnvironmentName): Snapshot => {
    const set = rendered.find(({ environment }) => environment === name);
    if (!set) throw new CommandFault(3, `${name} could not be rendered.`);
    const normalise = normaliser(environments[name], set.platform);
    const snapshot = environmentOf(set);
    const manifests = snapshot.manifests.map((located) => ({
      ...located,
      manifest: normalise(located.manifest) as typeof located.manifest,
    }));
    const roles = normalise(snapshot.roles) as typeof snapshot.roles;
    const policies = {
      ...snapshot,
      manifests,
      roles,
      profiles: undefined,
    };
    return { label: name, environments: new Map([[name, policies]]), contracts: new Map() };
  };
  const sides = { from: side(from), to: side(to) };
  const built = from === to ? undefined : await builtChanges(from, to);
  return diffReport(sides, { kind: 'environments', pairs: [[from, to]], ...(built && { built }) });
}

function formatOf({ values, switches }: Options): (typeof formats)[number] {
  const wanted = values.get('format') ?? (switches.has('json') ? 'json' : 'text');
  const format = formats.find((known) => known === wanted);
  if (format) return format;
  throw new CommandFault(2, `There is no format "${wanted}". Write one of ${formats.join(', ')}.`);
}

/** Environments in the order of promotion, others after them by name. */
function byPromotion(a: string, b: string): number {
  const place = (name: string): number => {
    const index = (environmentNames as readonly string[]).indexOf(name);
    return index === -1 ? environmentNames.length : index;
  };
  return place(a) - place(b) || (a < b ? -1 : 1);
}
