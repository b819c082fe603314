import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { environments } from '@millrace/catalog/environments.ts';
import { readConfig } from '../config.ts';
import { CommandFault, EnvironmentFault } from '../environment-fault.ts';
import type { Terraform } from './find-terraform.ts';
import { findTerraform } from './find-terraform.ts';
import { runTerraform } from './run-terraform.ts';
import { startStateServer } from './state-server.ts';
import { copySources, hashOf, markOf, terraformFolder } from './working-copy.ts';

/** A resource as Terraform built it, with all its values. */
export interface BuiltResource {
  /** `module.platform.module.events.aws_sqs_queue.queue["order-StockReserved"]` */
  address: string;
  type: string;
  values: Readonly<Record<string, unknown>>;
}

/** What Terraform builds in an environment, and what it gives out. */
export interface Built {
  environment: EnvironmentName;
  resources: BuiltResource[];
  outputs: Record<string, unknown>;
}

const applyDeadlineMs = 1_800_000;
/** The account that the offline providers make ARNs up for. */
const madeUpAccount = '123456789012';
const keptAnswers = 4;

/**
 * Applies an environment with the offline providers, in a copy with a state of its own, and reads the state: there every
 * value is known, also those that a plan cannot tell, such as policies with the ARNs of what is still to be made. The
 * answer is kept until a source changes.
 * @throws EnvironmentFault without the offline providers; CommandFault 4 with Terraform's words when it refuses.
 */
export async function readBuilt(environment: EnvironmentName): Promise<Built> {
  const terraform = await findTerraform();
  if (!terraform.isOffline) {
    throw new EnvironmentFault(
      'E921 what Terraform builds is read with the offline providers, and there are none: they belong at ../shared/tools/terraform-aws-offline beside the repository.',
    );
  }
  const file = answerFile(environment, terraform);
  mkdirSync(dirname(file), { recursive: true });
  // Two that want it at once do it twice and write the same.
  if (!existsSync(file)) keep(file, environment, await apply(environment, terraform));
  return JSON.parse(readFileSync(file, 'utf8')) as Built;
}

const answersFolder = (): string => join(readConfig().toolCache, '../terraform');

function answerFile(environment: EnvironmentName, terraform: Terraform): string {
  const parts = [`environments/${environment}`, 'modules'];
  const hash = hashOf(terraformFolder, parts);
  return join(answersFolder(), `${environment}-${hash}-${markOf(terraform)}.json`);
}

/** Whole or not at all; of the older ones some stay, for whoever goes between branches. */
function keep(file: string, environment: EnvironmentName, built: Built): void {
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, JSON.stringify(built));
  renameSync(unfinished, file);
  const folder = answersFolder();
  const others = globSync(`${environment}-*.json`, { cwd: folder, withFileTypes: true })
    .map(({ name }) => join(folder, name))
    .filter((path) => path !== file)
    .sort((a, b) => writtenAtMs(a) - writtenAtMs(b));
  for (const old of others.slice(0, Math.max(0, others.length - keptAnswers))) rmSync(old, { force: true });
}

/** Another process may have removed it meanwhile. */
const writtenAtMs = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

async function apply(environment: EnvironmentName, terraform: Terraform): Promise<Built> {
  const copy = copySources();
  const folder = join(copy.folder, 'environments', environment);
  const state = await startStateServer();
  try {
    if (!existsSync(folder)) throw new CommandFault(`E923 terraform/environments/${environment} is missing.`, 4);
    moveToAccount(folder, { from: environments[environment].account, to: madeUpAccount });
    // An override replaces the backend: nothing is asked of S3.
    const backend = `terraform {\n  backend "http" {\n    address = "${state.address}"\n  }\n}\n`;
    writeFileSync(join(folder, 'backend_override.tf'), backend);
    const run = async (...words: string[]): Promise<string> => {
      const ended = await runTerraform(terraform, words, { folder, deadlineMs: applyDeadlineMs });
      if (ended.code === 0) return ended.output;
      throw new CommandFault(refusalLines(environment, ended.complaint).join('\n'), 4);
    };
    await run('init', '-input=false');
    await run('apply', '-auto-approve', '-input=false', '-compact-warnings');
    const text = await run('show', '-json');
    return { environment, ...contentOf(text.replaceAll(madeUpAccount, environments[environment].account)) };
  } finally {
    await state.close();
    copy.remove();
  }
}

/** The offline providers know one account only. What is read is moved back. */
function moveToAccount(folder: string, { from, to }: { from: string; to: string }): void {
  for (const name of globSync('*.{tf,json,tfvars}', { cwd: folder })) {
    const path = join(folder, name);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(from, to));
  }
}

/** A line for each thing that Terraform refuses: where, what, and what to write instead. */
export function refusalLines(environment: EnvironmentName, complaint: string): string[] {
  const [, ...errors] = saidBy(complaint).split(/(?:^| \| )Error: /);
  const lines = errors.map((error) => {
    const [title = '', ...rest] = error.split(' | ').map((part) => part.trim());
    const [, file = '', line = ''] = /^on (\S+) line (\d+)/.exec(rest[0] ?? '') ?? [];
    // What stands in the frame shows the source and its values; what follows it is the sentence.
    const sentence = rest.slice(file === '' ? 0 : 1).filter((part) => part !== '' && !/^[\d├│]/.test(part));
    return `E923 ${environment}${file && `: ${file}:${line}`}: ${title} ${sentence.join(' ')}`.trimEnd();
  });
  return lines.length > 0 ? lines : [`E923 ${environment}: ${saidBy(complaint)}`];
}

/** Terraform's words without the frame that it draws. */
export const saidBy = (complaint: string): string =>
  complaint
    .split('\n')
    .map((line) => line.replace(/^[╷│╵]\s?/, '').trimEnd())
    .filter((line) => line !== '')
    .join(' | ');

interface StateModule {
  resources?: { address: string; mode: string; type: string; values: Record<string, unknown> }[];
  child_modules?: StateModule[];
}

interface State {
  values?: { root_module?: StateModule; outputs?: Record<string, { value: unknown }> };
}

/** What `terraform show -json` says of a state, or what a plan would make of it. */
export function contentOf(text: string): Pick<Built, 'resources' | 'outputs'> {
  const { values } = JSON.parse(text) as State;
  const outputs = Object.entries(values?.outputs ?? {}).map(([name, { value }]) => [name, value]);
  return { resources: resourcesIn(values?.root_module ?? {}), outputs: Object.fromEntries(outputs) };
}

function resourcesIn({ resources = [], child_modules = [] }: StateModule): BuiltResource[] {
  const own = resources.filter(({ mode }) => mode === 'managed');
  return [
    ...own.map(({ address, type, values }) => ({ address, type, values })),
    ...child_modules.flatMap(resourcesIn),
  ];
}
