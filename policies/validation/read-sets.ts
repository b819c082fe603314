import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { environmentNames } from '@millrace/catalog/environments.ts';
import { policyParametersPlace } from '@millrace/catalog/policy-parameters.ts';
import type { Unreadable } from '@millrace/fargate/read-manifests.ts';
import { readFolder } from '@millrace/fargate/read-manifests.ts';
import { usageSentence } from '@millrace/fargate/usage-sentence.ts';
import { UsageFault } from '../environment-fault.ts';
import { readPlatform } from '../platforms.ts';
import type { Finding, ValidatedSet } from './finding.ts';

const standardFolder = resolve(import.meta.dirname, '../../manifests');

/**
 * The environments' manifests that the command line names, and files of theirs that cannot be read.
 * @param environments the list of the variable ENV; `--env` wins.
 */
export function readSets(
  words: readonly string[],
  environments: string | undefined,
): { sets: ValidatedSet[]; unreadable: Finding[] } {
  const { folder, asked } = readWords(words, environments);
  if (!existsSync(folder))
    throw new UsageFault(`${folder} does not exist. Run "make synth" first, or give another folder.`);
  if (!statSync(folder).isDirectory()) throw new UsageFault(`${folder} is no folder. Give the folder that it lies in.`);
  const found = environmentNames.filter((name) => existsSync(join(folder, name)));
  const folders =
    found.length > 0
      ? found
          .filter((name) => asked.length === 0 || asked.includes(name))
          .map((name) => ({ name, path: join(folder, name) }))
      : [{ name: undefined, path: folder }];
  if (folders.length === 0)
    throw new UsageFault(`${folder} has no ${asked.join(' and no ')}. It has ${found.join(', ')}.`);
  const unreadable: Finding[] = [];
  const sets = folders.map(({ name, path }) => {
    const { manifests, unreadable: broken } = readFolder(path);
    const environment = name ?? asked[0] ?? environmentOf(manifests) ?? 'prod';
    for (const { file, line, reason, message, fix } of broken) {
      const finding = { part: 'schema', severity: 'error', rule: 'S0', object: '' } as const;
      unreadable.push({ ...finding, environment, file, line, message: `${message} ${fixOf(reason, fix)}` });
    }
    return { environment, folder: path, manifests, platform: readPlatform(environment) };
  });
  return { sets, unreadable };
}

/** Here nothing but manifests belongs into the folder: the reader would leave another program's file. */
const fixOf = (reason: Unreadable['reason'], fix: string): string =>
  reason === 'not-kubernetes' ? 'Write it, or take the file out of the folder.' : fix;

function readWords(
  words: readonly string[],
  environments: string | undefined,
): { folder: string; asked: EnvironmentName[] } {
  const { values, positionals } = parse(words);
  if (positionals.length > 1) throw new UsageFault(`Give one folder, not ${positionals.length} (--help tells more).`);
  const names = (values.env ?? environments)?.split(',').map((name) => name.trim()) ?? [];
  const wrong = names.find((name) => !environmentNames.some((known) => known === name));
  if (wrong !== undefined) {
    throw new UsageFault(
      `ENV: E060 "${wrong}" is no environment. Write ${environmentNames.join(', ')}, or several with commas.`,
    );
  }
  return { folder: resolve(positionals[0] ?? standardFolder), asked: names as EnvironmentName[] };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: { env: { type: 'string' } }, allowPositionals: true });
  } catch (error) {
    throw new UsageFault(usageSentence(error).replace(/^t/, 'T'));
  }
}

/** What the manifests themselves say that they are for. */
function environmentOf(manifests: ValidatedSet['manifests']): EnvironmentName | undefined {
  const parameters = manifests.find(({ manifest }) => manifest.metadata.name === policyParametersPlace.name)?.manifest;
  const said = (parameters?.['data'] as Record<string, string> | undefined)?.['environment'];
  return environmentNames.find((name) => name === said);
}
