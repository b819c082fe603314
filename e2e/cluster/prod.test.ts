import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Rollout } from './canary.ts';
import { rollout, setMetric, weights } from './canary.ts';
import type { Delivery } from './delivery.ts';
import { pushNow, startDelivery } from './delivery.ts';
import { identities, imageDigestOf, isReady, podsOf } from './objects.ts';
import { seconds } from './patience.ts';
import { digestIn } from './repository.ts';

let prod: Delivery;
beforeAll(async () => {
  prod = await startDelivery('prod');
}, seconds(240));
afterAll(() => prod?.end(), seconds(60));

function say(text: string): void {
  process.stdout.write(`prod.test.ts: ${text}\n`);
}

/** Until a canary gets its share of the requests; the Services of the stable pods and of the canary's. */
async function canaryAt10Percent(service: string): Promise<{ stable: string; canary: string; at: Rollout }> {
  return prod.waitFor(`10 % of the requests for the canary of ${service}`, async () => {
    const now = await rollout(prod, service);
    const stable = now.status?.canary?.stablePingPong === 'pong' ? 'pong' : 'ping';
    const names = {
      stable: `${service}-api-${stable}`,
      canary: `${service}-api-${stable === 'ping' ? 'pong' : 'ping'}`,
    };
    const shares = await weights(prod, service);
    return shares[names.canary] === 10 && shares[names.stable] === 90 ? { ...names, at: now } : undefined;
  });
}

describe('canary', () => {
  it('canary whose error rate rises: aborted and rolled back by itself', async () => {
    const { cluster, repository } = prod;
    const before = await podsOf(cluster.api, 'order', 'api');
    const { status } = await rollout(prod, 'order');
    const push = await prod.release('bad', ['order']);
    const { stable, canary } = await canaryAt10Percent('order');
    say(`canary of order at 10 %, ${((Date.now() - push.at) / 1000).toFixed(1)} s after the push`);
    await setMetric(prod, 'error-rate', 0.2);
    const risenAt = performance.now();
    const aborted = await prod.waitFor('an aborted Rollout', async () => {
      const now = await rollout(prod, 'order');
      return now.status?.abort && now.status.phase === 'Degraded' ? now : undefined;
    });
    await prod.waitFor('no requests for the canary', async () => {
      const shares = await weights(prod, 'order');
      return (shares[canary] ?? 0) === 0 && shares[stable] === 100 ? true : undefined;
    });
    say(
      `error rate 20 %: aborted after ${((performance.now() - risenAt) / 1000).toFixed(1)} s: ${aborted.status?.message}`,
    );
    expect(aborted.status?.message).toContain('error-rate');
    expect(aborted.status?.stableRS).toBe(status?.stableRS);
    const pods = await prod.waitFor('the canary without pods', async () => {
      const now = await podsOf(cluster.api, 'order', 'api');
      return now.length === before.length ? now : undefined;
    });
    expect(identities(pods)).toEqual(identities(before));
    expect(pods.every(isReady)).toBe(true);
    const told = await prod.waitFor('a Degraded Application', async () => {
      const state = await prod.application('order');
      return state.health === 'Degraded' ? state : undefined;
    });
    say(`Argo CD of order: ${told.sync}, ${told.health}, ${told.phase}: ${told.message}`);
    await setMetric(prod, 'error-rate', 0);
    repository.revert(push.revision);
    await prod.arrived(pushNow(repository));
    expect(identities(await podsOf(cluster.api, 'order', 'api'))).toEqual(identities(before));
  });

  it('a canary whose metrics are well takes over', async () => {
    const push = await prod.release('good', ['payment']);
    await canaryAt10Percent('payment');
    await prod.arrived(push);
    const pods = await podsOf(prod.cluster.api, 'payment', 'api');
    expect(new Set(pods.filter(isReady).map(imageDigestOf))).toContain(digestIn('good', 'payment'));
    const { status } = await rollout(prod, 'payment');
    expect(status?.stableRS).toBe(status?.currentPodHash);
    const shares = await weights(prod, 'payment');
    expect(Object.values(shares).toSorted((a, b) => a - b)).toEqual([0, 100]);
    say(`a well canary took over ${((Date.now() - push.at) / 1000).toFixed(1)} s after the push`);
  });
});

async function isNamespaceKept(name: string): Promise<boolean> {
  const { status, body } = await prod.cluster.api.ask('GET', `/api/v1/namespaces/${name}`);
  return status === 200 && !('deletionTimestamp' in (body['metadata'] as object));
}

describe("a namespace's folder deleted in prod", () => {
  it('is not pruned, and is loud', async () => {
    const { cluster, repository } = prod;
    const before = await podsOf(cluster.api, 'notification');
    repository.git('rm', '-r', '--quiet', 'manifests/prod/notification');
    await prod.trying('notification is gone', async ({ revision }) => {
      const told = await prod.waitFor('what Argo CD says of notification', async () => {
        const state = await prod.application('notification');
        return /app path does not exist/.test(state.message) ? state : undefined;
      });
      expect(told.sync).toBe('Unknown');
      // The root and the others have taken the commit up: what was to happen has happened.
      await prod.settled(['root', 'cluster', 'order'], revision);
      expect(await isNamespaceKept('notification')).toBe(true);
      expect(identities((await podsOf(cluster.api, 'notification')).filter(isReady))).toEqual(identities(before));
      say(`a folder that is gone: ${told.sync}, ${told.health}: ${told.message}`);
    });
    expect(identities(await podsOf(cluster.api, 'notification'))).toEqual(identities(before));
  });

  it('a Namespace or PodDisruptionBudget whose file is gone waits for a confirmation', async () => {
    const { cluster, repository } = prod;
    const budget = '/apis/policy/v1/namespaces/user/poddisruptionbudgets/user-worker';
    repository.git('rm', '--quiet', 'manifests/prod/user/poddisruptionbudget-user-worker.yaml');
    repository.git('rm', '--quiet', 'manifests/prod/user/namespace-user.yaml');
    const look = async (): Promise<void> => {
      const told = await prod.waitFor('a question', async () => {
        const { object } = await prod.application('user');
        const { message = '' } = (object['status'] as { operationState?: { message?: string } }).operationState ?? {};
        return /confirmation/.test(message) ? message : undefined;
      });
      expect((await cluster.api.ask('GET', budget)).status).toBe(200);
      expect(await isNamespaceKept('user')).toBe(true);
      say(`a Namespace and a budget that are gone from Git: ${told}`);
    };
    await prod.trying('user without a budget and a namespace', look, async ({ revision }) => {
      // Nobody confirms: somebody says no.
      await prod.settled(['root'], revision);
      await prod.endSync('user');
    });
    expect((await cluster.api.ask('GET', budget)).status).toBe(200);
  });
});
