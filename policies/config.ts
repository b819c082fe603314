import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** What the commands of this folder read from the environment. */
export interface PoliciesConfig {
  /** Where made tools are kept, outside of the checkout. */
  toolCache: string;
  /** Where a machine has programs of its own: KUBEBUILDER_ASSETS, then the folders of PATH. */
  programFolders: readonly string[];
  /** `JSON=1`: answer for a program. */
  isJson: boolean;
  /** `ENV=dev,staging`: only these environments. */
  environments: string | undefined;
  /** What Go and other tools inherit. */
  environment: NodeJS.ProcessEnv;
}

export function readConfig(): PoliciesConfig {
  const { env } = process;
  return {
    toolCache: join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'millrace/tools'),
    programFolders: [env.KUBEBUILDER_ASSETS ?? '', ...(env.PATH ?? '').split(delimiter)].filter((folder) => folder),
    isJson: env.JSON === '1',
    environments: env.ENV || undefined,
    environment: env,
  };
}
