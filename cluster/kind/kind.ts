import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Platform } from '@millrace/catalog/platform.ts';
import { readPlatform } from '@millrace/policies/platforms.ts';
import { followApplications } from '../application-log.ts';
import type { ApplicationState } from '../applications.ts';
import { statesOf } from '../applications.ts';
import { watchBranch } from '../branch-watch.ts';
import type { KubernetesObject } from '../objects.ts';
import type { ClusterChoice } from '../options.ts';
import type { Outside } from '../outside/outside.ts';
import { startOutside } from '../outside/outside.ts';
import type { ServedArgo } from '../served-argo.ts';
import { readServedArgo } from '../served-argo.ts';
import type { ServedBranch } from '../served-branch.ts';
import { serveBranch } from '../served-branch.ts';
import { kindConfiguration, kindName } from './configuration.ts';
import type { HostDoor } from './host-door.ts';
import { openHostDoor } from './host-door.ts';
import { argoCdInKind, argoCdPrograms, definitionsInKind, namespacesInKind } from './objects.ts';
import type { KindTools } from './tools.ts';
import { findKindTools } from './tools.ts';

const pollMs = 3_000;
const readyWord = '--timeout=300s';

/** What a person asked for, and how to tell them. */
export interface KindChoice extends ClusterChoice {
  branch: string;
  say: (line: string) => void;
  /** Asks to end. */
  signal: AbortSignal;
}

/**
 * The same Git, policies and Argo CD in a kind cluster, which stays after Ctrl-C. Its one node is no Fargate: pods wait
 * until it can pull their images. @throws EnvironmentFault (5) where Docker, kind or kubectl is missing.
 */
export async function runInKind(choice: KindChoice): Promise<number> {
  const tools = await findKindTools();
  const { environment, repository, say } = choice;
  const folder = join(choice.dataDir, 'cluster', 'kind');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const platform = readPlatform(environment);
  const branch = { repository, branch: choice.branch };
  const argo = await readServedArgo(branch, environment);
  const served = await serveBranch(branch, { name: argo.revision, folder });
  const kube = kubectlOf(tools, join(folder, 'kubeconfig.yaml'));
  const watch = await watchBranch(branch, { onCommit: served.show, note: say });
  let world: World | undefined;
  try {
    await ensureCluster(tools, { environment, kube, say });
    world = await openWorld(tools, { folder, platform, argo, served, say });
    await installArgoCd(kube, { argo, world, say });
    say(describeKind(choice, kube));
    const read = async (): Promise<ApplicationState[]> => {
      const words = ['get', 'applications', '--namespace=argocd', '--output=json'];
      return statesOf(JSON.parse(await kube.run(words)) as Record<string, unknown>);
    };
    await followApplications({ read, say, now: () => new Date(), signal: choice.signal, pollMs });
  } finally {
    watch.stop();
    await world?.close();
  }
  say(`The cluster stays. Delete it with: kind delete cluster --name ${kindName(environment)}`);
  return 0;
}

interface Kubectl {
  kubeconfig: string;
  run(words: readonly string[], input?: string): Promise<string>;
  apply(objects: readonly KubernetesObject[]): Promise<void>;
}

function kubectlOf(tools: KindTools, kubeconfig: string): Kubectl {
  const run: Kubectl['run'] = (words, input) => tools.run('kubectl', [`--kubeconfig=${kubeconfig}`, ...words], input);
  return {
    kubeconfig,
    run,
    apply: async (items) => {
      const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
      const words = ['apply', '--server-side', '--force-conflicts', '--field-manager=millrace-cluster', '--filename=-'];
      await run(words, list);
    },
  };
}

async function ensureCluster(
  tools: KindTools,
  { environment, kube, say }: { environment: string; kube: Kubectl; say: (line: string) => void },
): Promise<void> {
  const name = kindName(environment);
  const known = (await tools.run('kind', ['get', 'clusters'])).split('\n').map((line) => line.trim());
  if (known.includes(name)) {
    await tools.run('kind', ['export', 'kubeconfig', '--name', name, '--kubeconfig', kube.kubeconfig]);
    return;
  }
  say(`Making the kind cluster ${name} …`);
  const words = ['create', 'cluster', '--config', '-', '--kubeconfig', kube.kubeconfig, '--wait', '120s'];
  await tools.run('kind', words, kindConfiguration(environment));
}

/** The world outside as containers see it. */
interface World {
  outside: Outside;
  door: HostDoor;
  close(): Promise<void>;
}

async function openWorld(
  tools: KindTools,
  facts: { folder: string; platform: Platform; argo: ServedArgo; served: ServedBranch; say: (line: string) => void },
): Promise<World> {
  const { platform } = facts;
  const outside = await startOutside({
    repositoryUrl: facts.argo.repositoryUrl,
    repositoryPath: facts.served.repository,
    metricsUrl: platform.telemetry.metricsUrl,
    folder: join(facts.folder, 'outside'),
    note: facts.say,
  });
  const words = ['network', 'inspect', 'kind', '--format', '{{range .IPAM.Config}}{{.Gateway}} {{end}}'];
  const addresses = (await tools.run('docker', words)).split(/\s+/);
  const gateway = addresses.find((address) => /^\d+\.\d+\.\d+\.\d+$/.test(address)) ?? '172.18.0.1';
  const door = await openHostDoor(gateway, new URL(outside.proxyUrl));
  const close = async (): Promise<void> => {
    door.close();
    await outside.close();
  };
  return { outside, door, close };
}

async function installArgoCd(
  kube: Kubectl,
  facts: { argo: ServedArgo; world: World; say: (line: string) => void },
): Promise<void> {
  const { argo, world } = facts;
  await kube.apply([...(await definitionsInKind()), ...namespacesInKind()]);
  await kube.run(['wait', '--for=condition=Established', 'customresourcedefinitions', '--all', readyWord]);
  facts.say('Installing Argo CD …');
  await kube.apply(
    await argoCdInKind({
      repositoryUrl: argo.repositoryUrl,
      certificateFile: world.outside.certificateFile,
      proxyUrl: world.door.url,
    }),
  );
  for (const program of argoCdPrograms) {
    await kube.run(['rollout', 'status', program, '--namespace=argocd', readyWord]);
  }
  await kube.apply(argo.projects);
  await kube.apply([argo.root]);
}

function describeKind(choice: KindChoice, { kubeconfig }: Kubectl): string {
  const rows = [
    ['Kubeconfig', `export KUBECONFIG=${kubeconfig}`],
    ['Applications', 'kubectl get applications --namespace=argocd'],
    ['Argo CD', 'kubectl port-forward --namespace=argocd service/argocd-server 8443:443, then https://localhost:8443'],
    ['', 'user admin; password: kubectl get secret argocd-initial-admin-secret --namespace=argocd \\'],
    ['', "  --output=jsonpath='{.data.password}' | base64 -d"],
    ['Served', `${choice.branch} of ${choice.repository}, while this runs`],
    ['Delete', `kind delete cluster --name ${kindName(choice.environment)}`],
  ] as const;
  const lines = rows.map(([name, value]) => `  ${name.padEnd(12)}  ${value}`);
  return `\nThe kind cluster is ready.\n\n${lines.join('\n')}\n\nCtrl-C ends the watching. Applications:\n`;
}
