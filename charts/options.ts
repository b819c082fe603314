import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { environmentNames } from '@millrace/catalog/environments.ts';
import { CommandFault } from './command-fault.ts';
import type { Sources } from './synth.ts';

const root = join(import.meta.dirname, '..');

export const usage = `Usage: node charts/main.ts [--env dev,staging,prod] [--out DIR] [--check]

Renders the catalog's services to <out>/<env>/<namespace>/<kind>-<name>.yaml. All faults of a run are told together,
and then nothing is written. What is no longer wanted is removed.
  --env LIST       the environments to render, all unless said (variable ENV)
  --out DIR        where to write, manifests/ unless said (variable OUT)
  --check          write nothing; exit code 4 when a file is missing, old or left over, with their names
  --releases DIR   where <env>.json with the image digests is, releases/ unless said
  --catalog FILE   another catalog than catalog/services.ts
  --platform DIR   where platform.<env>.json is, catalog/ unless said
  --help           this text

Exit codes: 0 done, 2 wrong usage, 3 invalid catalog, contract or release, 4 not current, 5 the machine.
`;

export interface SynthOptions {
  sources: Sources;
  out: string;
  isCheck: boolean;
  isHelp: boolean;
}

/** Reads the command line. @throws CommandFault (2) that says what is wrong with it. */
export function readOptions(
  words: readonly string[],
  variables: { env: string | undefined; out: string | undefined },
): SynthOptions {
  const { values } = parse(words);
  const path = (given: string | undefined, standard: string): string => (given ? resolve(given) : join(root, standard));
  return {
    sources: {
      catalog: path(values.catalog, 'catalog/services.ts'),
      platforms: path(values.platform, 'catalog'),
      releases: path(values.releases, 'releases'),
      admission: join(root, 'policies/admission'),
      environments: environmentsOf(values.env ?? variables.env),
    },
    out: path(values.out ?? variables.out, 'manifests'),
    isCheck: values.check ?? false,
    isHelp: values.help ?? false,
  };
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const known = { env: text, out: text, releases: text, catalog: text, platform: text, check: flag, help: flag };

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: known, strict: true, allowPositionals: false });
  } catch (error) {
    const [first = ''] = (error as Error).message.split(/\. |\n/);
    throw new CommandFault(2, `${first}. See "node charts/main.ts --help".`);
  }
}

/** In the order of promotion, each once. */
function environmentsOf(given: string | undefined): EnvironmentName[] {
  if (given === undefined) return [...environmentNames];
  const names = given.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !environmentNames.some((known) => known === name));
  if (wrong !== undefined) {
    throw new CommandFault(
      2,
      `ENV: E060 "${wrong}" is no environment. Write ${environmentNames.join(', ')}, or several with commas.`,
    );
  }
  return environmentNames.filter((name) => names.includes(name));
}
