import { join } from 'node:path';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { services } from '@millrace/catalog/services.ts';
import type { ApplicationState } from '@millrace/cluster/applications.ts';
import type { Cluster } from '@millrace/cluster/cluster.ts';
import { startCluster } from '@millrace/cluster/cluster.ts';
import { seconds } from './patience.ts';
import type { Repository } from './repository.ts';
import { digestsIn, openRepository } from './repository.ts';

/** A cluster that watches a repository, and what people do to both. */
export interface Delivery {
  environment: EnvironmentName;
  cluster: Cluster;
  repository: Repository;
  /** Gives services (all unless said) the images of a round, renders, commits and pushes. */
  release(round: string, names?: readonly string[]): Promise<Push>;
  /**
   * Pushes what was changed in the clone, looks at what becomes of it, and takes it back, whatever was seen; `afterwards`
   * does what a person has to do then. In the end all runs as before.
   */
  trying(
    message: string,
    look: (push: Push) => Promise<void>,
    afterwards?: (back: Push) => Promise<void>,
  ): Promise<void>;
  /** Until every Application runs a commit and its last sync has ended well, hooks and all. */
  arrived(push: Push, deadlineMs?: number): Promise<ApplicationState[]>;
  /** Until these Applications (all unless said) are Synced and Healthy, at a commit when one is named. */
  settled(names?: readonly string[], revision?: string): Promise<ApplicationState[]>;
  /** Asks until there is something, for a minute unless said. @throws with what it waits for. */
  waitFor<Found>(what: string, find: () => Promise<Found | undefined>, deadlineMs?: number): Promise<Found>;
  /** What Argo CD says of one Application. */
  application(name: string): Promise<ApplicationState>;
  /** Ends a sync that waits for what will never be, as `argocd app terminate-op` does, and waits until it has ended. */
  endSync(name: string): Promise<void>;
  /** Stops the cluster; what it keeps on disk stays for the next file. */
  end(): Promise<void>;
}

/** A commit on its way to a cluster. */
export interface Push {
  revision: string;
  /** When it was pushed, in milliseconds since 1970. */
  at: number;
}

export const serviceNames: readonly string[] = services.map(({ name }) => name);

const firstDeadlineMs = seconds(150);
const waitDeadlineMs = seconds(60);
const arrivalDeadlineMs = seconds(90);

/** The folder that global-setup.ts made. */
export function deliveryFolder(): string {
  const folder = process.env.TEST_DELIVERY_DIR;
  if (!folder) throw new Error('there is no repository: run these tests with "vitest --project cluster"');
  return folder;
}

/** Starts an environment's cluster, where the last file left it, and waits until it runs what stands in Git. */
export async function startDelivery(environment: EnvironmentName): Promise<Delivery> {
  const folder = deliveryFolder();
  const repository = openRepository(folder);
  const dataDir = join(folder, environment);
  const cluster = await startCluster({ environment, repository: repository.path, dataDir });
  const delivery = deliveryOf({ environment, cluster, repository });
  try {
    await delivery.arrived(pushNow(repository), firstDeadlineMs);
    return delivery;
  } catch (error) {
    await delivery.end();
    throw error;
  }
}

/** Pushes what is committed. */
export function pushNow(repository: Repository): Push {
  const at = Date.now();
  return { revision: repository.push(), at };
}

function deliveryOf(facts: Pick<Delivery, 'environment' | 'cluster' | 'repository'>): Delivery {
  const { environment, cluster, repository } = facts;
  const delivery: Delivery = {
    environment,
    cluster,
    repository,
    async release(round, names = serviceNames) {
      repository.pin(environment, digestsIn(round, names));
      await repository.mustRun('charts/main.ts', '--env', environment);
      repository.commit(`release ${environment}: ${round}`);
      return pushNow(repository);
    },
    async trying(message, look, afterwards) {
      repository.commit(message);
      const push = pushNow(repository);
      const takeBack = async (): Promise<void> => {
        repository.revert(push.revision);
        const back = pushNow(repository);
        await afterwards?.(back);
        await delivery.arrived(back);
      };
      try {
        await look(push);
      } catch (error) {
        // What was seen matters more than what came of taking it back.
        await takeBack().catch(() => undefined);
        throw error;
      }
      await takeBack();
    },
    arrived: ({ revision, at }, deadlineMs = arrivalDeadlineMs) =>
      cluster.waitForHealthy({ revision, deadlineMs: at + deadlineMs - Date.now() }),
    settled: (names, revision) =>
      cluster.waitForHealthy({ ...(names && { names }), ...(revision && { revision }), deadlineMs: waitDeadlineMs }),
    waitFor: (what, find, deadlineMs = waitDeadlineMs) => cluster.waitFor(what, find, deadlineMs),
    async application(name) {
      const found = (await cluster.applications()).find((each) => each.name === name);
      if (!found) throw new Error(`there is no Application ${name}`);
      return found;
    },
    endSync: (name) => endSync(delivery, name),
    end: () => cluster.stop(),
  };
  return delivery;
}

const openPhases = ['Running', 'Terminating'];

async function endSync({ cluster, application, waitFor }: Delivery, name: string): Promise<void> {
  const path = `/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/${name}`;
  const body = { status: { operationState: { phase: 'Terminating' } } };
  const startedAt = syncStartedAt(await application(name));
  await waitFor(`an end of the sync of ${name}`, async () => {
    const state = await application(name);
    if (syncStartedAt(state) !== startedAt || !openPhases.includes(state.phase)) return true;
    // Argo CD may have written what it knew in the same moment: then it has to be told again.
    if (state.phase === 'Running') {
      const reply = await cluster.api.ask('PATCH', path, { body });
      if (reply.status !== 200) throw new Error(`PATCH ${path}: ${reply.status} ${String(reply.body['message'])}`);
    }
    return undefined;
  });
}

function syncStartedAt({ object }: ApplicationState): string | undefined {
  const { operationState } = (object['status'] ?? {}) as { operationState?: { startedAt?: string } };
  return operationState?.startedAt;
}
