import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readConfig } from '../config.ts';
import { EnvironmentFault } from '../environment-fault.ts';

/** Terraform on this machine, and where it takes its providers from. */
export interface Terraform {
  version: string;
  /** What it inherits. */
  environment: NodeJS.ProcessEnv;
  /** Its providers are the offline ones, which also plan and apply without an account. */
  isOffline: boolean;
  /** Names the providers: what was computed with others is computed again. */
  providers: string;
}

const askDeadlineMs = 60_000;
const buildDeadlineMs = 1_200_000;
const leastMinor = 11;

export const repositoryRoot = join(import.meta.dirname, '../..');
const offlineBuild = join(repositoryRoot, '../shared/tools/terraform-aws-offline/build');

/** @throws EnvironmentFault where there is no Terraform that the modules admit. */
export async function findTerraform(): Promise<Terraform> {
  const inherited: NodeJS.ProcessEnv = {
    ...readConfig().environment,
    TF_IN_AUTOMATION: '1',
    TF_INPUT: '0',
    CHECKPOINT_DISABLE: '1',
  };
  const file = await providersFile(inherited['TF_CLI_CONFIG_FILE']);
  const { TF_CLI_CONFIG_FILE: _, ...bare } = inherited;
  const environment: NodeJS.ProcessEnv = file === undefined ? bare : { ...bare, TF_CLI_CONFIG_FILE: file };
  const version = await versionOf(environment);
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major !== 1 || minor < leastMinor) {
    throw new EnvironmentFault(`E920 Terraform ${version} is too old. Install 1.${leastMinor} or newer.`);
  }
  const providers = file ?? 'registry.terraform.io';
  return { version, environment, isOffline: isOffline(file), providers };
}

/**
 * The offline providers where they lie beside the repository, else what TF_CLI_CONFIG_FILE names, else none: Terraform then
 * asks its registry.
 */
async function providersFile(named: string | undefined): Promise<string | undefined> {
  if (existsSync(offlineBuild)) return offlineFile();
  return named && existsSync(named) ? named : undefined;
}

async function offlineFile(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(offlineBuild, [], {
      timeout: buildDeadlineMs,
      env: readConfig().environment,
    });
    return stdout.trim();
  } catch (error) {
    const failure = error as Error & { stderr?: string };
    throw new EnvironmentFault(
      `E921 the offline providers could not be built: ${failure.stderr?.trim().split('\n').at(-1) || failure.message}`,
    );
  }
}

const isOffline = (file: string | undefined): boolean =>
  file !== undefined &&
  (file.includes('terraform-aws-offline') || /terraform-aws-offline/.test(readFileSync(file, 'utf8')));

async function versionOf(environment: NodeJS.ProcessEnv): Promise<string> {
  try {
    const options = { timeout: askDeadlineMs, env: environment };
    const { stdout } = await promisify(execFile)('terraform', ['version', '-json'], options);
    return (JSON.parse(stdout) as { terraform_version: string }).terraform_version;
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = isMissing ? 'there is no "terraform" on this machine' : 'terraform does not run';
    throw new EnvironmentFault(
      `E920 ${reason}. Install Terraform 1.${leastMinor} or newer (https://developer.hashicorp.com/terraform/install).`,
    );
  }
}
