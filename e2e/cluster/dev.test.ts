import type { ApplicationState } from '@millrace/cluster/applications.ts';
import type { ProcessName } from '@millrace/cluster/process-names.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Delivery } from './delivery.ts';
import { serviceNames, startDelivery } from './delivery.ts';
import type { Job, Workload } from './objects.ts';
import { identities, imageDigestOf, isReady, listObjects, podsOf, readObject } from './objects.ts';
import { seconds } from './patience.ts';
import { intrusions, reachingApplication } from './projects.ts';
import { digestIn } from './repository.ts';
import { outOfOrder, stepsOf } from './waves.ts';

const releaseDeadlineMs = seconds(60);
const healDeadlineMs = seconds(15);

let dev: Delivery;
beforeAll(async () => {
  dev = await startDelivery('dev');
}, seconds(240));
afterAll(() => dev?.end(), seconds(60));

const deploymentsOf = (service: string): string => `/apis/apps/v1/namespaces/${service}/deployments`;

async function deployment(service: string, name: string): Promise<Workload | undefined> {
  return readObject<Workload>(dev.cluster.api, `${deploymentsOf(service)}/${name}`);
}

function say(text: string): void {
  process.stdout.write(`dev.test.ts: ${text}\n`);
}

/** When a roll-out had replaced every pod. */
function rolledOutAt({ status }: Workload): number {
  const found = status?.conditions?.find(({ type }) => type === 'Progressing');
  return found?.reason === 'NewReplicaSetAvailable' ? Date.parse(found.lastUpdateTime ?? '') : Number.POSITIVE_INFINITY;
}

async function expectWaves(service: string, since: number): Promise<number> {
  const steps = (await stepsOf(dev, service)).filter(({ at }) => at >= since);
  expect(outOfOrder(steps), service).toEqual([]);
  const jobs = steps.filter(({ isHook }) => isHook);
  for (const { id, object } of jobs) expect((object as Job).status?.succeeded, id).toBe(1);
  const [smoke] = jobs.filter(({ wave }) => wave === Number.POSITIVE_INFINITY);
  expect(smoke?.id, service).toMatch(/-smoke-/);
  for (const each of await listObjects<Workload>(dev.cluster.api, deploymentsOf(service))) {
    expect(smoke?.at, each.metadata.name).toBeGreaterThanOrEqual(rolledOutAt(each));
  }
  const migrated = jobs.filter((each) => each !== smoke).map(({ object }) => (object as Job).status?.completionTime);
  const workloads = steps.filter(({ id }) => id.startsWith('Deployment '));
  expect(workloads.length, service).toBeGreaterThan(0);
  for (const at of migrated) {
    expect(Date.parse(at ?? ''), service).toBeLessThanOrEqual(Math.min(...workloads.map((each) => each.at)));
  }
  return new Set(steps.map(({ wave }) => wave)).size;
}

it(
  'push to dev: every Application is Synced and Healthy, in waves, the smoke Job ran, within 60 s for all services',
  async () => {
    const push = await dev.release('second');
    const states = await dev.arrived(push, releaseDeadlineMs);
    const seconds = ((Date.now() - push.at) / 1000).toFixed(1);
    expect(states.map(({ name }) => name)).toEqual(expect.arrayContaining(['root', 'cluster', ...serviceNames]));
    for (const service of serviceNames) {
      const pods = await podsOf(dev.cluster.api, service);
      expect(new Set(pods.map(imageDigestOf)), service).toEqual(new Set([digestIn('second', service)]));
      expect(pods.every(isReady), service).toBe(true);
      // The objects' times have whole seconds.
      const waves = await expectWaves(service, Math.floor(push.at / 1000) * 1000);
      expect(waves, service).toBeGreaterThanOrEqual(4);
    }
    say(`push → ${states.length} Applications Synced and Healthy, smoke Jobs ended: ${seconds} s`);
  },
  seconds(120),
);

describe('what is changed by hand', () => {
  it('hand-made drift is healed within 15 s', async () => {
    const path = '/api/v1/namespaces/order/configmaps/order';
    const before = await readObject<Workload & { data: Record<string, string> }>(dev.cluster.api, path);
    const startedAt = performance.now();
    const reply = await dev.cluster.api.ask('PATCH', path, { body: { data: { DATABASE_IAM: 'false' } } });
    expect(reply).toMatchObject({ status: 200, body: { data: { DATABASE_IAM: 'false' } } });
    // Dev warns where staging and prod refuse.
    expect(reply.warnings.join(' ')).toContain('Nobody applies by hand');
    const healed = async (): Promise<true | undefined> => {
      const now = await readObject<Workload & { data: Record<string, string> }>(dev.cluster.api, path);
      return JSON.stringify(now?.data) === JSON.stringify(before?.data) ? true : undefined;
    };
    await dev.waitFor('the ConfigMap as it stands in Git', healed, healDeadlineMs);
    say(`hand-made drift healed after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  });

  it('a deleted Deployment is healed within 15 s', async () => {
    const before = await deployment('payment', 'payment-api');
    const startedAt = performance.now();
    const reply = await dev.cluster.api.ask('DELETE', `${deploymentsOf('payment')}/payment-api`);
    expect(reply.status).toBe(200);
    const healed = async (): Promise<true | undefined> => {
      const now = await deployment('payment', 'payment-api');
      const isNew = now !== undefined && now.metadata.uid !== before?.metadata.uid;
      return isNew && (now.status?.availableReplicas ?? 0) >= 1 ? true : undefined;
    };
    await dev.waitFor('another Deployment that serves', healed, healDeadlineMs);
    say(`a deleted Deployment serves again after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
    await dev.settled(['payment']);
  });
});

const refusedByFargate = [
  "Your pod's cpu/memory requirements exceed the max Fargate configuration",
  'Pod not supported on Fargate: volumes not supported: scratch is of an unsupported volume Type',
];

it('a commit that Fargate would refuse: make validate stops it; pushed anyway, its pods stay Pending and the old ones serve', async () => {
  const { cluster, repository } = dev;
  const before = await podsOf(cluster.api, 'product');
  const folder = 'manifests/dev/product';
  repository.edit(`${folder}/deployment-product-worker.yaml`, (text) =>
    text.replaceAll('memory: "768Mi"', 'memory: "200Gi"'),
  );
  repository.edit(`${folder}/deployment-product-api.yaml`, (text) =>
    text.replace(/^( +)volumes:$/m, '$&\n$1  - name: scratch\n$1    csi:\n$1      driver: fsx.csi.aws.com'),
  );
  const validated = await repository.run('policies/validate.ts', 'manifests', '--env', 'dev');
  expect(validated.code, validated.errors).toBe(4);
  expect(validated.errors).toMatch(/deployment-product-worker\.yaml/);
  expect(validated.errors).toMatch(/deployment-product-api\.yaml/);
  const look = async (): Promise<void> => {
    const seen = await dev.waitFor('both pods refused by Fargate', async () => {
      const conditions = (await podsOf(cluster.api, 'product')).flatMap(({ status }) => status?.conditions ?? []);
      const refusals = conditions.filter(({ type, status }) => type === 'PodScheduled' && status === 'False');
      return refusals.length === refusedByFargate.length ? refusals : undefined;
    });
    expect(seen.map(({ message }) => message).sort()).toEqual(refusedByFargate.toSorted());
    expect(seen.map(({ reason }) => reason)).toEqual(['Unschedulable', 'Unschedulable']);
    const serving = (await podsOf(cluster.api, 'product')).filter(isReady);
    expect(identities(serving)).toEqual(identities(before));
    // Argo CD's own view of its health follows a moment later.
    await dev.waitFor('a product that Argo CD calls Progressing', async () =>
      (await dev.application('product')).health === 'Progressing' ? true : undefined,
    );
  };
  await dev.trying('product: more memory than there is, and a volume', look, async ({ revision }) => {
    // A sync waits for its pods until they have had their time; a person who knows better ends it.
    await dev.settled(['root'], revision);
    await dev.endSync('product');
  });
  expect(identities(await podsOf(cluster.api, 'product'))).toEqual(identities(before));
  say(`refused by Fargate: ${refusedByFargate.join(' | ')}`);
});

it('an Application that reaches into another namespace or brings a Secret or ClusterRole: refused by its AppProject', async () => {
  const { cluster, repository } = dev;
  const intruding = intrusions.map(({ service }) => service);
  const podsNow = (): Promise<string[][]> =>
    Promise.all(intruding.map(async (service) => identities(await podsOf(cluster.api, service))));
  const saysOf = (name: string, what: RegExp): Promise<string> =>
    dev.waitFor(`what Argo CD says of ${name}`, async () => {
      const said = (await cluster.applications()).find((each) => each.name === name)?.message ?? '';
      return what.test(said) ? said : undefined;
    });
  const before = await podsNow();
  for (const { service, file, text } of intrusions) repository.write(`manifests/dev/${service}/${file}`, text);
  repository.write('manifests/dev/argocd/application-intruder.yaml', reachingApplication(repository));
  await dev.trying('three services and an Application reach for what is not theirs', async ({ revision }) => {
    for (const { service, message } of intrusions) {
      say(`refused by AppProject ${service}: ${message.exec(await saysOf(service, message))?.[0]}`);
    }
    const said = await saysOf('intruder', /InvalidSpecError/);
    expect(said).toContain("namespace 'order' do not match any of the allowed destinations in project 'user'");
    say(`refused by AppProject user: ${said}`);
    expect((await dev.application('intruder')).object['status']).not.toHaveProperty('operationState');
    // Nothing of the commit is there, and whoever had no part in it runs it.
    for (const { path } of intrusions) expect((await cluster.api.ask('GET', path)).status, path).toBe(404);
    expect(await podsNow()).toEqual(before);
    await dev.settled(
      serviceNames.filter((name) => !intruding.includes(name)),
      revision,
    );
  });
});

describe('a lost Argo CD controller, repo-server or Redis (kill -9 in the middle of a sync)', () => {
  const lost: readonly ProcessName[] = ['argocd-application-controller', 'argocd-repo-server', 'redis'];
  it.each(lost)('%s: ends Synced by itself', async (name) => {
    const { cluster } = dev;
    const push = await dev.release(name, ['order']);
    await dev.waitFor('a sync of the commit', async () => {
      const states = await cluster.applications();
      return states.some((state) => state.phase === 'Running' && isOf(state, push.revision)) || undefined;
    });
    const pid = cluster.pids()[name];
    await cluster.kill(name);
    await dev.arrived(push);
    expect(cluster.pids()[name]).not.toBe(pid);
    const pods = await podsOf(cluster.api, 'order');
    expect(new Set(pods.map(imageDigestOf))).toEqual(new Set([digestIn(name, 'order')]));
    say(
      `${name} killed in the middle of a sync: Synced ${((Date.now() - push.at) / 1000).toFixed(1)} s after the push`,
    );
  });
});

/** Whether an Application's sync is of a commit. */
function isOf({ object }: ApplicationState, revision: string): boolean {
  const { operationState } = object['status'] as { operationState?: { operation?: { sync?: { revision?: string } } } };
  return operationState?.operation?.sync?.revision === revision;
}
