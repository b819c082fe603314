import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { environmentNames } from '@millrace/catalog/environments.ts';
import type { FargateProfile } from '@millrace/catalog/profiles.ts';
import { planProfiles } from '@millrace/catalog/profiles.ts';
import type { FargateOptions } from './check.ts';
import { checkFargate } from './check.ts';
import { readProfiles } from './profiles.ts';
import type { ManifestFolder } from './read-manifests.ts';
import { readFolder, readText } from './read-manifests.ts';
import { reportText } from './report-text.ts';
import { usageSentence } from './usage-sentence.ts';

const usage = `Usage: millrace fargate-check DIR [options]
       millrace --version

Tells what EKS on Fargate does with the manifests of a folder, before anything is applied: which profile takes each
pod, what is provisioned and billed, what the scheduler refuses and in which words, which fields do nothing, what a
patch day does. DIR is a folder (its *.yaml and *.yml, with all folders below), one file, or - for standard input:

  helm template shop ./chart | millrace fargate-check -
  kubectl kustomize overlays/prod | millrace fargate-check - --environment prod

  --profiles FILE               the Fargate profiles: eksctl's ClusterConfig, a list of {name, selectors, zones} (alone or
                                under "profiles"), or what aws eks describe-fargate-profile prints; subnets are zones
  --environment dev|staging|prod  the profiles that Millrace's catalog plans for that environment
  --profile-quota NUMBER        how many profiles the account may have (10)
  --cluster-security-group ID   checks that every SecurityGroupPolicy lists it first
  --json                        the whole report as JSON
  --help

Exit codes: 0 no errors, 2 wrong usage, 4 errors found, 5 something outside went wrong.
`;

/** A sentence for the user and the exit code that goes with it. */
class Refusal extends Error {
  readonly exitCode: 2 | 5;

  constructor(exitCode: 2 | 5, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

function main(words: readonly string[]): number {
  const [command, ...rest] = words;
  if (command === '--help' || command === '-h' || command === 'help') return print(usage);
  if (command === '--version') return print(`${version()}\n`);
  if (command !== 'fargate-check') {
    if (command?.startsWith('-')) throw new Refusal(2, `there is no option ${command} (--help lists them).`);
    const said = command === undefined ? 'no command' : `no command "${command}"`;
    throw new Refusal(2, `${said}. Write: millrace fargate-check DIR (millrace --help tells more).`);
  }
  const { values, positionals } = parse(rest);
  if (values.help) return print(usage);
  const [place, ...more] = positionals;
  if (place === undefined || more.length > 0) {
    throw new Refusal(2, `give one folder, file or -, not ${positionals.length}. Write: millrace fargate-check DIR.`);
  }
  const { profiles, ...options } = optionsOf(values);
  const found = read(place);
  const report = checkFargate(found.manifests, {
    ...options,
    ...(profiles ? { profiles } : {}),
    unreadable: found.unreadable,
  });
  print(
    values.json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report, { hasProfiles: profiles !== undefined }),
  );
  return report.totals.error > 0 ? 4 : 0;
}

function version(): string {
  const text = readFileSync(join(import.meta.dirname, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function parse(words: string[]) {
  try {
    return parseArgs({
      args: words,
      allowPositionals: true,
      options: {
        profiles: { type: 'string' },
        environment: { type: 'string' },
        'profile-quota': { type: 'string' },
        'cluster-security-group': { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new Refusal(2, usageSentence(error));
  }
}

function optionsOf(values: ReturnType<typeof parse>['values']): FargateOptions {
  const quota = values['profile-quota'];
  const group = values['cluster-security-group'];
  if (quota !== undefined && !/^[1-9]\d{0,3}$/.test(quota)) {
    throw new Refusal(2, `--profile-quota is a number from 1 to 9999, not "${quota}".`);
  }
  if (group !== undefined && !/^sg-[0-9a-f]+$/.test(group)) {
    throw new Refusal(2, `--cluster-security-group is an id such as sg-0123456789abcdef0, not "${group}".`);
  }
  const profiles = profilesOf(values);
  return {
    ...(profiles ? { profiles } : {}),
    ...(quota === undefined ? {} : { profileQuota: Number(quota) }),
    ...(group === undefined ? {} : { clusterSecurityGroup: group }),
  };
}

function profilesOf({ profiles: file, environment }: ReturnType<typeof parse>['values']): FargateProfile[] | undefined {
  if (file !== undefined && environment !== undefined) {
    throw new Refusal(2, '--profiles and --environment both say the profiles. Give one of them.');
  }
  if (environment !== undefined) {
    if (!environmentNames.includes(environment as EnvironmentName)) {
      throw new Refusal(2, `--environment is one of ${environmentNames.join(', ')}, not "${environment}".`);
    }
    return planProfiles(environment as EnvironmentName);
  }
  if (file === undefined) return undefined;
  const result = readProfiles(attempt(() => readFileSync(file, 'utf8'), file));
  if (result.outcome === 'refused') throw new Refusal(2, `${file}: ${result.message}`);
  return result.profiles;
}

function read(place: string): ManifestFolder {
  if (place === '-')
    return notEmpty(
      readText(
        attempt(() => readFileSync(0, 'utf8'), place),
        'standard input',
      ),
      place,
    );
  return notEmpty(
    attempt(() => readFolder(place), place),
    place,
  );
}

function notEmpty(found: ManifestFolder, place: string): ManifestFolder {
  if (found.manifests.length > 0 || found.unreadable.some(({ reason: why }) => why === 'not-yaml')) return found;
  const what = found.unreadable.length > 0 ? 'YAML, but no Kubernetes object' : 'no YAML (*.yaml, *.yml)';
  throw new Refusal(
    2,
    `${place}: ${what}. Give a folder of manifests, or pipe them in: helm template … | … fargate-check -`,
  );
}

/** What the file system refuses, as one line: not there is the caller's mistake, everything else is the machine's. */
function attempt<T>(action: () => T, place: string): T {
  try {
    return action();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') throw new Refusal(2, `${place}: there is no such file or folder. Give one that exists.`);
    if (code === 'EACCES') throw new Refusal(5, `${place}: may not be read. Give read permission to it.`);
    if (code === 'EISDIR') throw new Refusal(2, `${place}: is a folder. Give a file.`);
    throw new Refusal(5, `${place}: ${reason(error)}`);
  }
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

const reason = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]?.slice(0, 300) ?? '';

// A reader that has seen enough (`| head`) is no fault.
process.stdout.on('error', () => process.exit());
try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`millrace: ${reason(error)}\n`);
  process.exitCode = error instanceof Refusal ? error.exitCode : 5;
}
