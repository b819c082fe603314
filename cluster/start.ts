import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import type { Platform } from '@millrace/catalog/platform.ts';
import type { ApiClient } from '@millrace/policies/tools/api-client.ts';
import { connectApi } from '@millrace/policies/tools/api-client.ts';
import type { ControlPlanePlace } from '@millrace/policies/tools/control-plane-programs.ts';
import { certificateFile, prepareControlPlane } from '@millrace/policies/tools/control-plane-programs.ts';
import { findFreePort } from '@millrace/policies/tools/free-port.ts';
import { argoCdPlans, argoCdPorts, argoCdServerPlan, redisPlan } from './argo-cd.ts';
import { argoRolloutsPlan, argoRolloutsPorts } from './argo-rollouts.ts';
import { applyRoot, prepareApi } from './bootstrap.ts';
import type { ProcessPlan } from './child.ts';
import { inheritedVariables } from './config.ts';
import { controllerManagerPlan, controlPlanePlans } from './control-plane.ts';
import type { Crew } from './crew.ts';
import type { Branch } from './git.ts';
import type { ProcessName, Workplace } from './process-names.ts';
import type { Programs } from './programs.ts';
import { readSecrets } from './secrets.ts';
import type { ServedArgo } from './served-argo.ts';
import { fargatePlan, outsidePlan, outsideVariables, simulationPorts } from './simulation.ts';
import { readUsers, writeKubeconfigs } from './users.ts';

const controlPlanePorts = ['etcd', 'peer', 'api'] as const;
const allPorts = [...controlPlanePorts, ...simulationPorts, ...argoCdPorts, ...argoRolloutsPorts];
export type Ports = Record<(typeof allPorts)[number], number>;

/** What a start needs to know. */
export interface Start {
  /** Of everything of this cluster. */
  folder: string;
  environment: EnvironmentName;
  platform: Platform;
  branch: Branch;
  /** The repository that the outside world serves: it shows the branch as the platform contract's revision. */
  served: string;
  argo: ServedArgo;
  programs: Programs;
  ports: Ports;
  reconcileSeconds: number;
  /** Whether Argo CD's command line has a server to speak to. */
  hasServer: boolean;
  crew: Crew<ProcessName>;
  note: (line: string) => void;
  signal: AbortSignal;
}

/** A free port for each that listens, no two the same. */
export async function choosePorts(): Promise<Ports> {
  const chosen = new Set<number>();
  while (chosen.size < allPorts.length) chosen.add(await findFreePort());
  const numbers = [...chosen];
  return Object.fromEntries(allPorts.map((name, index) => [name, numbers[index]])) as Ports;
}

/** Starts every program as soon as what it needs is there, and lets Argo CD see the root Application. */
export async function startPrograms(start: Start): Promise<ApiClient> {
  const { folder, ports, programs, crew } = start;
  const place: ControlPlanePlace = { folder: stateFolder(start), ports };
  const users = readUsers(folder);
  const { redis: redisPassword } = readSecrets(folder, ['redis']);
  prepareControlPlane(place.folder, Object.values(users));
  const workplace = workplaceIn(folder);
  const argo = { folder, workplace, programs, ports, redisPassword, reconcileSeconds: start.reconcileSeconds };
  const server = { port: ports.api, token: users.admin.token, certificateFile: certificateFile(place.folder) };
  const api = connectApi(server);
  const run = stepper(start);

  const outside = run(outsidePlan({ ...start, workplace }));
  const redis = run(redisPlan(argo));
  const apiServer = Promise.all(controlPlanePlans(place, { workplace, programs }).map(run)).then(() =>
    writeKubeconfigs(folder, { ...server, users }),
  );
  const controllers = apiServer.then(() =>
    crew.start(controllerManagerPlan(place, { workplace, program: programs.controllerManager })),
  );
  const prepared = apiServer.then(() =>
    prepareApi(api, { argo: start.argo, redisPassword, serverKey: argoServerKey(folder) }),
  );
  const fargate = prepared.then(() => run(fargatePlan({ ...start, state: place.folder, workplace })));
  const delivery = Promise.all([outside, redis, prepared]).then(() => {
    const variables = outsideVariables(folder);
    const rollouts = { ...argo, program: programs.rollouts, region: start.platform.region, outside: variables };
    const argoCd = { ...argo, outside: variables };
    const server = start.hasServer ? [argoCdServerPlan(argoCd)] : [];
    return Promise.all([...argoCdPlans(argoCd), ...server, argoRolloutsPlan(rollouts)].map(run));
  });
  // Its controller knows the projects by then.
  const root = delivery.then(() => applyRoot(api, start.argo));
  await Promise.all([outside, redis, apiServer, controllers, fargate, prepared, delivery, root]);
  return api;
}

/** The key with which Argo CD's server would sign sessions; its settings are not whole without one. */
const argoServerKey = (folder: string): string => readSecrets(folder, ['argocd-server'])['argocd-server'];

/** What differs between environments, the store of the API server above all, lies in a folder of its own. */
const stateFolder = ({ folder, environment }: Start): string => join(folder, environment);

/** Each program has a folder of its own, which is its home and its place for temporary files. */
function workplaceIn(folder: string): Workplace {
  return (name) => {
    const own = join(folder, 'work', name);
    const temporary = join(own, 'tmp');
    mkdirSync(temporary, { recursive: true, mode: 0o700 });
    return {
      name,
      folder: own,
      logFile: join(folder, 'logs', `${name}.log`),
      environment: { ...inheritedVariables(), HOME: own, TMPDIR: temporary, NO_COLOR: '1' },
    };
  };
}

/** Starts one program and tells how long it took. */
function stepper(start: Start): (plan: ProcessPlan<ProcessName>) => Promise<void> {
  return async (plan) => {
    start.signal.throwIfAborted();
    const startedAt = performance.now();
    await start.crew.start(plan);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    start.note(`${plan.name.padEnd(34)} ready  ${seconds.padStart(5)} s`);
  };
}
