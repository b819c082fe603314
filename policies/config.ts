import { homedir } from 'node:os';
import { join } from 'node:path';

/** What the commands of this folder read from the environment. */
export interface PoliciesConfig {
  /** Where built tools are kept, outside of the checkout. */
  toolCache: string;
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
    isJson: env.JSON === '1',
    environments: env.ENV || undefined,
    environment: env,
  };
}
