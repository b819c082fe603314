import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { environmentNames } from '@millrace/catalog/environments.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openWindows, shortenCanaries } from './canary.ts';
import type { Delivery, Push } from './delivery.ts';
import { digestIn, pushNow, serviceNames, watch } from './delivery.ts';
import { identities, imageDigestOf, isReady, podsOf } from './objects.ts';
import { seconds } from './patience.ts';
import type { Repository } from './repository.ts';
import { makeRepository } from './repository.ts';

const first = 'one';
const second = 'two';

let repository: Repository;
const clusters = new Map<EnvironmentName, Delivery>();
beforeAll(() => {
  repository = makeRepository();
  shortenCanaries(repository);
  openWindows(repository);
  repository.commit('canaries of seconds, at any hour');
});
afterAll(async () => {
  await Promise.all([...clusters.values()].map((each) => each.end()));
  repository?.remove();
}, seconds(120));

function say(text: string): void {
  process.stdout.write(`releases.test.ts: ${text}\n`);
}

async function must(program: string, ...words: string[]): Promise<string> {
  const { code, output, errors } = await repository.run(program, ...words);
  if (code !== 0) throw new Error(`${program} ${words.join(' ')}: ${code}\n${output}${errors}`);
  return output;
}

/** What CI does once it has pushed images. */
async function release(round: string, names: readonly string[]): Promise<void> {
  const file = join(dirname(repository.work), 'images.json');
  writeFileSync(file, JSON.stringify(Object.fromEntries(names.map((name) => [name, digestIn(round, name)]))));
  await must('charts/release/release-main.ts', '--env', 'dev', '--images', file);
}

/** What a person does; into prod by a pull request, which somebody merges. */
async function promote(to: EnvironmentName): Promise<void> {
  const output = await must('charts/release/promote-main.ts', '--to', to);
  const branch = /^branch (\S+)$/m.exec(output)?.[1];
  expect(branch === undefined, to).toBe(to !== 'prod');
  if (branch === undefined) return;
  expect(repository.git('rev-parse', '--abbrev-ref', 'HEAD')).toBe('main');
  repository.git('merge', '--quiet', '--ff-only', branch);
}

/** Pushes main and waits until an environment runs it. */
async function deliver(environment: EnvironmentName): Promise<Push> {
  const push = pushNow(repository);
  const cluster = clusters.get(environment) ?? (await watch(environment, repository));
  clusters.set(environment, cluster);
  await cluster.arrived(push, seconds(150));
  say(`${environment} runs ${push.revision.slice(0, 8)} after ${((Date.now() - push.at) / 1000).toFixed(1)} s`);
  return push;
}

/** The digests that each service's ready pods run. */
async function digestsOf(environment: EnvironmentName): Promise<Record<string, string[]>> {
  const api = clusters.get(environment)?.cluster.api;
  if (!api) throw new Error(`${environment} has no cluster`);
  const found = serviceNames.map(async (service): Promise<[string, string[]]> => {
    const pods = (await podsOf(api, service)).filter(isReady);
    return [service, [...new Set(pods.map(imageDigestOf))]];
  });
  return Object.fromEntries(await Promise.all(found));
}

/** The pods of the services that a release is not about. */
async function othersIn(environment: EnvironmentName): Promise<string[]> {
  const api = clusters.get(environment)?.cluster.api;
  if (!api) throw new Error(`${environment} has no cluster`);
  const others = serviceNames.filter((name) => name !== 'order');
  return identities((await Promise.all(others.map((name) => podsOf(api, name)))).flat());
}

const allAt = (round: string): Record<string, string[]> =>
  Object.fromEntries(serviceNames.map((name) => [name, [digestIn(round, name)]]));

/** Subject, author and trailers of a commit, and the files that it touches. */
function historyOf(commit: string): { text: string; author: string; files: string[] } {
  const files = repository.git('show', '--name-only', '--format=', commit).split('\n');
  return {
    text: repository.git('show', '--no-patch', '--format=%B', commit),
    author: repository.git('show', '--no-patch', '--format=%an <%ae>', commit),
    files,
  };
}

it(
  'promote dev → staging → prod, then roll back by revert: the same digests arrive, and nothing else changes',
  async () => {
    await release(first, serviceNames);
    for (const environment of environmentNames) {
      if (environment !== 'dev') await promote(environment);
      await deliver(environment);
      expect(await digestsOf(environment), environment).toEqual(allAt(first));
    }

    const atSecond = { ...allAt(first), order: [digestIn(second, 'order')] };
    const pushes = new Map<EnvironmentName, Push>();
    for (const environment of environmentNames) {
      const others = await othersIn(environment);
      if (environment === 'dev') await release(second, ['order']);
      else await promote(environment);
      const push = await deliver(environment);
      pushes.set(environment, push);
      expect(await digestsOf(environment), environment).toEqual(atSecond);
      expect(await othersIn(environment), environment).toEqual(others);
      const { text, author, files } = historyOf(push.revision);
      expect(author).toBe('Ada Example <ada@example.com>');
      expect(text).toMatch(/^(release|promote) \w+: order [0-9a-f]{8}$/m);
      expect(text).toMatch(new RegExp(`^Released-Environment: ${environment}$`, 'm'));
      expect(text).toMatch(/^Released-Service: order$/m);
      expect(text).toContain(digestIn(second, 'order'));
      const own = new RegExp(`^(releases/${environment}\\.json|manifests/${environment}/order/.+)$`);
      expect(files.filter((file) => !own.test(file))).toEqual([]);
      say(`${text.split('\n')[0]} by ${author}: ${files.length} files`);
    }

    const others = await othersIn('prod');
    const bad = pushes.get('prod')?.revision ?? '';
    const back = repository.revert(bad);
    await deliver('prod');
    expect(await digestsOf('prod')).toEqual(allAt(first));
    expect(await othersIn('prod')).toEqual(others);
    expect(repository.git('diff', '--name-only', `${bad}~1`, back)).toBe('');
    expect(historyOf(back).text).toContain(`This reverts commit ${bad}`);
    for (const environment of ['dev', 'staging'] as const) {
      expect(await digestsOf(environment), environment).toEqual(atSecond);
    }
  },
  seconds(600),
);
