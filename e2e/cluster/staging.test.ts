import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Delivery } from './delivery.ts';
import { serviceNames, startDelivery } from './delivery.ts';
import { identities, isReady, podsOf } from './objects.ts';
import { playPatchDay } from './patch-day.ts';
import { seconds } from './patience.ts';

let staging: Delivery;
beforeAll(async () => {
  staging = await startDelivery('staging');
}, seconds(240));
afterAll(() => staging?.end(), seconds(60));

function say(text: string): void {
  process.stdout.write(`staging.test.ts: ${text}\n`);
}

it('a commit that breaks a policy: refused by the API server, Argo CD says what to write instead, old pods untouched', async () => {
  const { cluster, repository } = staging;
  const before = await podsOf(cluster.api, 'order');
  repository.edit('manifests/staging/order/deployment-order-worker.yaml', (text) =>
    text.replace(/@sha256:[0-9a-f]{64}/, ':latest'),
  );
  await staging.trying('order: an image by its tag', async () => {
    const message = await staging.waitFor('what Argo CD says', async () => {
      const state = await staging.application('order');
      return /v05-our-images/.test(state.message) ? state.message : undefined;
    });
    expect(message).toContain("ValidatingAdmissionPolicy 'v05-our-images'");
    expect(message).toMatch(
      /Write \d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com\/millrace\/<name>@sha256:<64 hex digits>/,
    );
    expect(identities((await podsOf(cluster.api, 'order')).filter(isReady))).toEqual(identities(before));
    say(`refused: ${/Deployment [^;]*/.exec(message)?.[0]}`);
  });
  expect(identities(await podsOf(cluster.api, 'order'))).toEqual(identities(before));
});

it('what is changed by hand is refused where policies deny, but for those who break the glass', async () => {
  const path = '/api/v1/namespaces/order/configmaps/order?dryRun=All';
  const body = { data: { DATABASE_IAM: 'false' } };
  const user = { username: 'ada', groups: ['system:masters'] };
  const refused = await staging.cluster.api.ask('PATCH', path, { body, user });
  expect(refused.status).toBe(422);
  expect(refused.body['message']).toContain('Nobody applies by hand');
  const rescuer = { username: 'ada', groups: ['system:masters', 'millrace:break-glass'] };
  expect((await staging.cluster.api.ask('PATCH', path, { body, user: rescuer })).status).toBe(200);
});

it('patch day: no service below its minimum', async () => {
  const before = (await Promise.all(serviceNames.map((name) => podsOf(staging.cluster.api, name)))).flat();
  const report = await playPatchDay(staging.cluster);
  const evicted = report.zones.flatMap(({ pods }) => pods);
  // Every pod moved, and none was taken by force.
  expect(evicted.length).toBeGreaterThanOrEqual(before.length);
  expect(evicted.filter(({ outcome }) => outcome === 'deleted')).toEqual([]);
  expect(report.budgets.filter(({ fewest, least }) => fewest < least)).toEqual([]);
  expect(report.budgets.every(({ least }) => least >= 1)).toBe(true);
  expect(report.services.filter(({ replicas, hasDowntime }) => replicas >= 2 && hasDowntime)).toEqual([]);
  expect(report.budgets.length).toBeGreaterThan(serviceNames.length);
  await staging.settled();
  const old = new Set(identities(before));
  const after = (await Promise.all(serviceNames.map((name) => podsOf(staging.cluster.api, name)))).flat();
  expect(identities(after).filter((each) => old.has(each))).toEqual([]);
  for (const line of report.lines) say(line);
});
