import { homedir } from 'node:os';
import { join } from 'node:path';

/** What `make cluster` may be told by variables; options on the command line win. */
export interface ClusterVariables {
  environment: string | undefined;
  dataDir: string | undefined;
  repository: string | undefined;
  branch: string | undefined;
  isKind: boolean;
}

export function readVariables(): ClusterVariables {
  const { env } = process;
  return {
    environment: env['ENV'] || undefined,
    dataDir: env['DATA_DIR'] || undefined,
    repository: env['REPOSITORY'] || undefined,
    branch: env['REF'] || undefined,
    isKind: env['KIND'] === '1',
  };
}

/** What every program of the cluster inherits: nothing of a person's cloud, cluster or proxy. */
export function inheritedVariables(): Record<string, string> {
  const { env } = process;
  const kept = ['PATH', 'LANG', 'USER', 'LOGNAME'].flatMap((name) => (env[name] ? [[name, env[name]]] : []));
  return Object.fromEntries(kept) as Record<string, string>;
}

/** The folders in which programs are looked for. */
export const searchPath = (): string => process.env['PATH'] ?? '';

/** What a tool for people, such as kind or helm, inherits: everything. */
export const personVariables = (): NodeJS.ProcessEnv => process.env;

/** Where kubectl looks when nothing is said. */
export const standardKubeconfig = (): string => process.env['KUBECONFIG'] || join(homedir(), '.kube/config');
