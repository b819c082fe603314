import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { services } from '@millrace/catalog/services.ts';
import type { ApplicationState } from '@millrace/cluster/applications.ts';
import type { Cluster } from '@millrace/cluster/cluster.ts';
import { startCluster } from '@millrace/cluster/cluster.ts';
import { seconds } from './patience.ts';
import type { Repository } from './repository.ts';
import { digestOf, makeRepository, pinsOf } from './repository.ts';

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
  /** Ends a sync that waits for what will never be, as `argocd app terminate-op` does. */
  endSync(name: string): Promise<void>;
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

/** Makes a repository with images for an environment, starts its cluster, and waits until all of it runs. */
export async function startDelivery(
  environment: EnvironmentName,
  prepare: (repository: Repository) => void = () => undefined,
): Promise<Delivery> {
  const repository = makeRepository();
  try {
    prepare(repository);
    repository.pin(environment, pinsOf(serviceNames, 'one'));
    await repository.render(environment);
    repository.commit(`release ${environment}: one`);
    const push = pushNow(repository);
    const watched = await watch(environment, repository);
    const end = async (): Promise<void> => {
      await watched.end();
      repository.remove();
    };
    try {
      await watched.arrived(push, firstDeadlineMs);
      return { ...watched, end };
    } catch (error) {
      await end();
      throw error;
    }
  } catch (error) {
    repository.remove();
    throw error;
  }
}

/** Pushes what is committed. */
export function pushNow(repository: Repository): Push {
  const at = Date.now();
  return { revision: repository.push(), at };
}

/** Starts a cluster on a repository; all that it keeps goes with it, the repository stays. */
export async function watch(environment: EnvironmentName, repository: Repository): Promise<Delivery> {
  const dataDir = mkdtempSync(join(tmpdir(), 'millrace-cluster-'));
  const remove = (): void => rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 });
  try {
    const cluster = await startCluster({ environment, repository: repository.path, dataDir });
    return deliveryOf({ environment, cluster, repository, remove });
  } catch (error) {
    remove();
    throw error;
  }
}

function deliveryOf(facts: {
  environment: EnvironmentName;
  cluster: Cluster;
  repository: Repository;
  remove: () => void;
}): Delivery {
  const { environment, cluster, repository, remove } = facts;
  const delivery: Delivery = {
    environment,
    cluster,
    repository,
    async release(round, names = serviceNames) {
      repository.pin(environment, pinsOf(names, round));
      await repository.render(environment);
      repository.commit(`release ${environment}: ${round}`);
      return pushNow(repository);
    },
    async trying(message, look, afterwards) {
      repository.commit(message);
      const push = pushNow(repository);
      let back: Push;
      try {
        await look(push);
      } finally {
        repository.revert(push.revision);
        back = pushNow(repository);
      }
      await afterwards?.(back);
      await delivery.arrived(back);
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
    async endSync(name) {
      const path = `/apis/argoproj.io/v1alpha1/namespaces/argocd/applications/${name}`;
      const body = { status: { operationState: { phase: 'Terminating' } } };
      const reply = await cluster.api.ask('PATCH', path, { body });
      if (reply.status !== 200) throw new Error(`PATCH ${path}: ${reply.status} ${String(reply.body['message'])}`);
    },
    async end() {
      await cluster.stop();
      remove();
    },
  };
  return delivery;
}

/** The digest that a service's pods run after a round. */
export const digestIn = (round: string, service: string): string => digestOf(`${service} ${round}`);
