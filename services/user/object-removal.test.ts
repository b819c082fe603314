import { randomUUID } from 'node:crypto';
import { png } from '@millrace/runtime/testing/images.ts';
import { waitFor } from '@millrace/runtime/testing/wait.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startObjectRemoval } from './object-removal.ts';
import type { UserService } from './testing/user-service.ts';
import { openUserService } from './testing/user-service.ts';

let service: UserService;
beforeAll(async () => {
  service = await openUserService();
});
afterAll(() => service?.close());

async function unwantedObjects(count: number): Promise<string[]> {
  const forms = await Promise.all(
    Array.from({ length: count }, () =>
      service.bucket.uploads.offer({ ownerId: randomUUID(), type: 'image/png', maxBytes: 5_000 }),
    ),
  );
  for (const form of forms) expect(await service.bucket.post(form, png(3, 2))).toBe(204);
  const keys = forms.map(({ key }) => key);
  // Again where a connection was just lost.
  await waitFor(async () => {
    await service.sql`
      insert into unwanted_object (key, due_at) select unnest(${keys}::text[]), now() on conflict do nothing`;
    return true;
  });
  return keys;
}

test('objects are taken away once, by however many processes', async () => {
  const keys = await unwantedObjects(25);
  const removed: string[] = [];
  const uploads = {
    remove: async (key: string) => {
      removed.push(key);
      await service.bucket.uploads.remove(key);
    },
  };
  const loops = [1, 2, 3].map(() => startObjectRemoval({ ...service.own, uploads, everyMs: 20 }));
  await waitFor(async () => (await service.unwanted()).length === 0);
  await Promise.all(loops.map((loop) => loop.close()));
  expect(removed.sort()).toEqual(keys.sort());
  for (const key of keys) expect(await service.bucket.look(key)).toBe(404);
});

test('one that cannot be taken away is tried again later, and does not hold up the others', async () => {
  const [stuck = '', ...others] = await unwantedObjects(3);
  let isBroken = true;
  const uploads = {
    remove: async (key: string) => {
      if (isBroken && key === stuck) throw new Error('The bucket answered 503.');
      await service.bucket.uploads.remove(key);
    },
  };
  // Only the test moves this clock: no try comes by itself. It is past the time at which the objects are due.
  let nowMs = Date.now() + 1_000;
  const clock = { now: () => new Date(nowMs) };
  const loop = startObjectRemoval({ ...service.own, clock, uploads, everyMs: 20 });
  try {
    await waitFor(async () => (await service.unwanted()).length === 1);
    for (const key of others) expect(await service.bucket.look(key)).toBe(404);
    const attempts = async () => {
      const [row] = await service.sql<{ attempts: number }[]>`select attempts from unwanted_object`;
      return row?.attempts ?? 0;
    };
    expect(await attempts()).toBe(1);
    nowMs += 10_000;
    await waitFor(async () => (await attempts()) === 2);
    isBroken = false;
    nowMs += 60_000;
    await waitFor(async () => (await service.unwanted()).length === 0);
  } finally {
    await loop.close();
  }
  expect(await service.bucket.look(stuck)).toBe(404);
});

test('an object that is uploaded again while it is taken away is taken away again', async () => {
  const id = randomUUID();
  const { key } = await service.bucket.uploads.offer({ ownerId: id, type: 'image/png', maxBytes: 5_000 });
  await service.sql`insert into unwanted_object (key, due_at) values (${key}, now())`;
  const removals: string[] = [];
  const [begun, told] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let isFirst = true;
  const uploads = {
    remove: async (of: string) => {
      removals.push(of);
      if (!isFirst) return;
      isFirst = false;
      begun.resolve();
      await told.promise;
    },
  };
  const loop = startObjectRemoval({ ...service.own, uploads, everyMs: 20 });
  try {
    await begun.promise;
    const telling = service.tellUpload(key);
    // The worker either waits for the row or has written past it.
    await waitFor(async () => {
      const [row] = await service.sql`
        select exists (
            select from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock' and query like '%unwanted_object%')
          or not exists (select from test_message) as "isHeard"`;
      return row?.['isHeard'] === true;
    });
    told.resolve();
    await telling;
    await waitFor(async () => (await service.unwanted()).length === 0);
  } finally {
    told.resolve();
    await loop.close();
  }
  expect(removals).toEqual([key, key]);
});

test('F7 the loop outlives its database connections', async () => {
  const loop = startObjectRemoval({ ...service.own, uploads: service.bucket.uploads, everyMs: 20 });
  try {
    await waitFor(
      async () => service.sql`
      select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );
    await unwantedObjects(2);
    await waitFor(async () => (await service.unwanted()).length === 0, 30_000);
  } finally {
    await loop.close();
  }
});
