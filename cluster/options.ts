import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { environmentNames } from '@millrace/catalog/environments.ts';
import { UsageFault } from '@millrace/policies/environment-fault.ts';
import type { ClusterVariables } from './config.ts';

export const usage = `Usage: node cluster/main.ts [--environment dev] [--data-dir .local] [--repository DIR] [--branch NAME] [--kind]

Runs a real control plane, a simulated Fargate, Argo CD and Argo Rollouts on this machine, without Docker. Argo CD reads
the branch's commits, so a commit is the release. Says a line for each change of an Application, until Ctrl-C.
  --environment NAME   ${environmentNames.join(', ')}; dev unless said (variable ENV)
  --data-dir DIR       everything is kept in DIR/cluster, .local unless said (variable DATA_DIR)
  --repository DIR     a working copy or a bare clone; this repository unless said (variable REPOSITORY)
  --branch NAME        the branch to serve; the one that the repository is on unless said (variable REF)
  --kind               in a kind cluster, with Docker, instead (variable KIND=1)
  --help               this text

Once all is ready, DIR/cluster/cluster.json tells programs where everything is. The first run builds the programs from
Go modules, about 15 minutes.
Exit codes: 0 stopped, 2 wrong usage, 3 the branch holds no manifests for it, 5 the machine.
`;

/** What a person may choose. */
export interface ClusterChoice {
  environment: EnvironmentName;
  dataDir: string;
  repository: string;
  /** The repository's own unless said. */
  branch: string | undefined;
  isKind: boolean;
}

const text = { type: 'string' } as const;
const known = {
  environment: text,
  'data-dir': text,
  repository: text,
  branch: text,
  kind: { type: 'boolean' },
} as const;

/** Reads the command line. @throws UsageFault that says what is wrong with it. */
export function readOptions(words: readonly string[], variables: ClusterVariables): ClusterChoice {
  const values = parse(words);
  return {
    environment: environmentOf(values.environment ?? variables.environment ?? 'dev'),
    dataDir: resolve(values['data-dir'] ?? variables.dataDir ?? '.local'),
    repository: resolve(values.repository ?? variables.repository ?? join(import.meta.dirname, '..')),
    branch: values.branch ?? variables.branch,
    isKind: values.kind ?? variables.isKind,
  };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: known, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const [first = ''] = (error as Error).message.split(/\. |\n/);
    throw new UsageFault(`${first}. See "node cluster/main.ts --help".`);
  }
}

function environmentOf(given: string): EnvironmentName {
  const name = environmentNames.find((each) => each === given);
  if (name) return name;
  throw new UsageFault(`ENV: E060 "${given}" is no environment. Write ${environmentNames.join(', ')}: one of them.`);
}
