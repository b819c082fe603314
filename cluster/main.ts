import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '@millrace/policies/environment-fault.ts';
import { findTool } from '@millrace/policies/tools/build-tool.ts';
import { followApplications } from './application-log.ts';
import type { Cluster } from './cluster.ts';
import { startCluster } from './cluster.ts';
import { readVariables } from './config.ts';
import { findProgram } from './crew.ts';
import { currentBranch } from './git.ts';
import { runInKind } from './kind/kind.ts';
import type { ClusterChoice } from './options.ts';
import { readOptions, usage } from './options.ts';
import { describeCluster } from './table.ts';

/** Somebody asked to stop. */
class StopAsked extends Error {}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

await runCommand(usage, async (words) => {
  const given = readOptions(words, readVariables());
  const choice = { ...given, branch: given.branch ?? (await currentBranch(given.repository)) };
  const signal = stopOnSignal();
  try {
    if (choice.isKind) return await runInKind({ ...choice, say, signal });
    await run(choice, signal);
  } catch (error) {
    if (!(error instanceof StopAsked)) throw error;
  }
  say('Stopped; everything is kept.');
  return 0;
});

/** The first Ctrl-C stops all in order. The second ends us at once, and the kernel ends the rest. */
function stopOnSignal(): AbortSignal {
  const stopping = new AbortController();
  const onSignal = (): void => {
    if (stopping.signal.aborted) process.exit(130);
    say('Stopping …');
    stopping.abort(new StopAsked());
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('SIGHUP', onSignal);
  return stopping.signal;
}

async function run(choice: ClusterChoice & { branch: string }, signal: AbortSignal): Promise<void> {
  const startedAt = performance.now();
  say(`Starting the ${choice.environment} cluster …`);
  const cluster = await startCluster({
    ...choice,
    revision: choice.branch,
    hasServer: true,
    note: (line) => say(`  ${line}`),
    signal,
  });
  const seconds = (performance.now() - startedAt) / 1000;
  try {
    const hasKubectl = findProgram('kubectl') !== undefined;
    say(
      describeCluster(cluster, {
        branch: choice.branch,
        seconds,
        argocd: await writeArgoCdCommand(cluster),
        hasKubectl,
      }),
    );
    await followApplications({ read: cluster.applications, say, now: () => new Date(), signal });
  } finally {
    await cluster.stop();
  }
}

/** Argo CD's command line with the address of its server, at a place that a person can write. */
async function writeArgoCdCommand({ folder, argocd }: Cluster): Promise<string> {
  const path = join(folder, 'bin/argocd');
  mkdirSync(join(folder, 'bin'), { recursive: true });
  const program = await findTool('argocd');
  const words = `--server=${argocd} --plaintext --config="${join(folder, 'argocd-cli.yaml')}"`;
  writeFileSync(path, `#!/bin/sh\nexec "${program}" "$@" ${words}\n`, { mode: 0o755 });
  return path;
}
