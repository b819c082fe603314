import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { environmentNames } from '@millrace/catalog/environments.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Delivery, Push } from './delivery.ts';
import { deliveryFolder, pushNow, serviceNames, startDelivery } from './delivery.ts';
import { identities, imageDigestOf, isReady, podsOf } from './objects.ts';
import { seconds } from './patience.ts';
import { promote, release } from './releases.ts';
import type { Repository } from './repository.ts';
import { digestIn, openRepository } from './repository.ts';

const round = 'of the promotion';

let repository: Repository;
const deliveries = new Map<EnvironmentName, Delivery>();
beforeAll(async () => {
  repository = openRepository(deliveryFolder());
  for (const environment of environmentNames) deliveries.set(environment, await startDelivery(environment));
}, seconds(500));
afterAll(() => Promise.all([...deliveries.values()].map((each) => each.end())), seconds(60));

function say(text: string): void {
  process.stdout.write(`releases.test.ts: ${text}\n`);
}

function deliveryTo(environment: EnvironmentName): Delivery {
  const found = deliveries.get(environment);
  if (!found) throw new Error(`${environment} has no cluster`);
  return found;
}

/** Pushes main and waits until an environment runs it. */
async function deliver(environment: EnvironmentName): Promise<Push> {
  const push = pushNow(repository);
  await deliveryTo(environment).arrived(push);
  say(`${environment} runs ${push.revision.slice(0, 8)} after ${((Date.now() - push.at) / 1000).toFixed(1)} s`);
  return push;
}

/** The digest that all ready pods of a service run; several when they do not agree. */
async function runningIn(environment: EnvironmentName): Promise<Record<string, string>> {
  const { api } = deliveryTo(environment).cluster;
  const found = serviceNames.map(async (service): Promise<[string, string]> => {
    const pods = (await podsOf(api, service)).filter(isReady);
    return [service, [...new Set(pods.map(imageDigestOf))].join()];
  });
  return Object.fromEntries(await Promise.all(found));
}

/** Waits until only those digests run: what a canary took over from stays for a while, in case that it must go back. */
async function runs(environment: EnvironmentName, digests: Record<string, string>): Promise<void> {
  await expect.poll(() => runningIn(environment), { timeout: seconds(120), interval: 500 }).toEqual(digests);
}

/** The pods of the services that a release is not about. */
async function othersIn(environment: EnvironmentName): Promise<string[]> {
  const { api } = deliveryTo(environment).cluster;
  const others = serviceNames.filter((name) => name !== 'order');
  return identities((await Promise.all(others.map((name) => podsOf(api, name)))).flat());
}

/** What history says of a commit that brought order into an environment. */
function expectHistory(commit: string, environment: EnvironmentName): void {
  const text = repository.git('show', '--no-patch', '--format=%B', commit);
  const author = repository.git('show', '--no-patch', '--format=%an <%ae>', commit);
  const files = repository.git('show', '--name-only', '--format=', commit).split('\n');
  expect(author).toBe('Ada Example <ada@example.com>');
  expect(text).toMatch(/^(release|promote) \w+: order [0-9a-f]{8}$/m);
  expect(text).toMatch(new RegExp(`^Released-Environment: ${environment}$`, 'm'));
  expect(text).toMatch(/^Released-Service: order$/m);
  expect(text).toContain(digestIn(round, 'order'));
  const own = new RegExp(`^(releases/${environment}\\.json|manifests/${environment}/order/.+)$`);
  expect(files.filter((file) => !own.test(file))).toEqual([]);
  say(`"${text.split('\n')[0]}" by ${author}: ${files.length} files`);
}

it(
  'promote dev → staging → prod, then roll back by revert: the same digests arrive, and nothing else changes',
  async () => {
    const before = new Map(environmentNames.map((environment) => [environment, repository.pinned(environment)]));
    const pushes = new Map<EnvironmentName, Push>();
    for (const environment of environmentNames) {
      await runs(environment, before.get(environment) ?? {});
      const others = await othersIn(environment);
      if (environment === 'dev') await release(repository, { round, services: ['order'] });
      else {
        const { branch } = await promote(repository, { to: environment, words: ['--service', 'order'] });
        expect(branch !== undefined, 'prod by pull request').toBe(environment === 'prod');
      }
      const push = await deliver(environment);
      pushes.set(environment, push);
      const after = { ...before.get(environment), order: digestIn(round, 'order') };
      await runs(environment, after);
      expect(await othersIn(environment), environment).toEqual(others);
      expectHistory(push.revision, environment);
    }

    const others = await othersIn('prod');
    const bad = pushes.get('prod')?.revision ?? '';
    const back = repository.revert(bad);
    await deliver('prod');
    await runs('prod', before.get('prod') ?? {});
    expect(await othersIn('prod')).toEqual(others);
    expect(repository.git('diff', '--name-only', `${bad}~1`, back)).toBe('');
    expect(repository.git('show', '--no-patch', '--format=%B', back)).toContain(`This reverts commit ${bad}`);
    // Nobody took it back there.
    for (const environment of ['dev', 'staging'] as const) {
      expect((await runningIn(environment))['order'], environment).toBe(digestIn(round, 'order'));
    }
  },
  seconds(600),
);
