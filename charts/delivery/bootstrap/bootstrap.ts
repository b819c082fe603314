import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readPlatform } from '@millrace/catalog/check-platform.ts';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import type { Platform } from '@millrace/catalog/platform.ts';
import { services } from '@millrace/catalog/services.ts';
import { CommandFault } from '../../command-fault.ts';
import { repositoryRoot } from '../../diff/command.ts';
import { environmentsIn, readOptions } from '../../diff/options.ts';
import { planBootstrap } from './plan.ts';
import { assertTools, commandLine, run } from './run.ts';

/** Puts Argo CD into a cluster, as `--help` says; gives what a person does next. @throws CommandFault */
export function bootstrap(words: readonly string[]): string {
  const { values, switches } = readOptions(words, {
    values: ['env', 'context', 'folder'],
    switches: ['dry-run'],
    variables: {},
  });
  const [environment, ...others] = environmentsIn(values.get('env'));
  const context = values.get('context');
  if (!environment || others.length > 0) throw new CommandFault(2, 'Write one environment: --env dev.');
  if (!context) throw new CommandFault(2, 'Write the context of kubectl: --context NAME.');
  const folder = join(values.get('folder') ?? join(repositoryRoot, 'manifests'), environment, 'argocd');
  const platform = contractOf(environment);
  const steps = planBootstrap({ folder, context, platform, read: readManifest });
  if (switches.has('dry-run')) return `${steps.map(({ command }) => commandLine(command)).join('\n')}\n`;
  assertTools(['kubectl', 'helm']);
  assertCluster({ context, environment, platform });
  for (const { says, command } of steps) {
    process.stderr.write(`${says}\n`);
    run(command);
  }
  return nextSteps({ environment, context, platform });
}

function contractOf(environment: EnvironmentName): Platform {
  const path = join(repositoryRoot, 'catalog', `platform.${environment}.json`);
  const { platform, faults } = readPlatform(readFileSync(path, 'utf8'), { environment, services });
  if (platform) return platform;
  throw new CommandFault(3, faults.map(({ place, code, message }) => `${place}: ${code} ${message}`).join('\n'));
}

function readManifest(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new CommandFault(3, `${relative(process.cwd(), path)}: is missing. Run "make synth".`);
  }
}

/** EKS calls a context after its cluster; one that does not name the contract's cluster is another one. */
function assertCluster(facts: { context: string; environment: EnvironmentName; platform: Platform }): void {
  const { context, environment, platform } = facts;
  const words = [
    'config',
    'view',
    '--minify',
    '--context',
    context,
    '--output',
    'jsonpath={.contexts[0].context.cluster}',
  ];
  const cluster = run({ program: 'kubectl', words }).trim();
  const { name } = platform.cluster;
  const wanted = `arn:aws:eks:${platform.region}:${platform.account}:cluster/${name}`;
  if ([wanted, name].includes(cluster)) return;
  throw new CommandFault(
    4,
    `context ${context} is of cluster ${cluster || 'none'}, ${environment} is ${wanted}. Run "aws eks update-kubeconfig --name ${name} --region ${platform.region}", or give another context.`,
  );
}

const nextSteps = (facts: { environment: EnvironmentName; context: string; platform: Platform }): string =>
  [
    `Argo CD runs in ${facts.environment} and keeps itself and all else from ${facts.platform.delivery.repository}.`,
    `See how far it is: kubectl --context ${facts.context} --namespace argocd get applications`,
    `Its page, once its load balancer is there: https://${facts.platform.argocd.domain}`,
    ...(facts.platform.delivery.releaseWindows?.length
      ? ['Outside of the release windows the services wait: argocd/README.md, "Break glass".']
      : []),
    '',
  ].join('\n');
