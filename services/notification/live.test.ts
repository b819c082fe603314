import { join } from 'node:path';
import type { StreamReader } from '@millrace/runtime/event-stream.ts';
import { listen } from '@millrace/runtime/listen.ts';
import { createMetrics } from '@millrace/runtime/telemetry.ts';
import { as } from '@millrace/runtime/testing/callers.ts';
import { killServiceProcesses, readyUrl, startServiceProcess } from '@millrace/runtime/testing/service-process.ts';
import { waitFor } from '@millrace/runtime/testing/wait.ts';
import { openOwnDatabase } from '@millrace/runtime/workload.ts';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Live } from './live.ts';
import { startLive } from './live.ts';
import type { NoticeView } from './notice-view.ts';
import type { NotificationService } from './testing/people.ts';
import { confirm, from, newPerson, openNotification, register } from './testing/people.ts';
import type { TestIssuer } from './testing/tokens.ts';
import { startIssuer } from './testing/tokens.ts';

let service: NotificationService & { live: Live };
beforeAll(async () => {
  service = await openNotification();
});
afterAll(() => service.close());

/** A reader that remembers; a slow one takes nothing. */
function reader(takes = true): StreamReader & { ids: string[]; isEnded: boolean } {
  return {
    ids: [],
    isEnded: false,
    send(event, data) {
      if (takes) this.ids.push(`${event} ${(JSON.parse(data) as NoticeView).kind}`);
      return takes;
    },
    end() {
      this.isEnded = true;
    },
  };
}

describe('a watched list', () => {
  test('is told what is new, once, and nothing of what was there or of others', async () => {
    const [ada, bob] = [newPerson(), newPerson()];
    for (const person of [ada, bob]) await register(service, person);
    const [first, second, other] = [reader(), reader(), reader()];
    const leave = await service.live.watch(ada.userId, first);
    await service.live.watch(bob.userId, other);
    await confirm(service, ada);
    await waitFor(() => first.ids.length > 0);
    const leaveSecond = await service.live.watch(ada.userId, second);
    await confirm(service, ada);
    await waitFor(() => second.ids.length > 0 && first.ids.length > 1);
    leave();
    await confirm(service, ada);
    await waitFor(() => second.ids.length > 1);
    leaveSecond();
    expect(first.ids).toEqual(['notice order-confirmed', 'notice order-confirmed']);
    expect(second.ids).toEqual(['notice order-confirmed', 'notice order-confirmed']);
    expect(other.ids).toEqual([]);
  });

  test('misses none of a hundred that come at once', async () => {
    const ada = newPerson();
    const all = reader();
    const leave = await service.live.watch(ada.userId, all);
    await Promise.all(Array.from({ length: 40 }, () => confirm(service, ada)));
    await waitFor(() => all.ids.length === 40);
    leave();
  });

  test('lets a reader go who does not keep up, and the others stay', async () => {
    const ada = newPerson();
    const [slow, quick] = [reader(false), reader()];
    await service.live.watch(ada.userId, slow);
    const leave = await service.live.watch(ada.userId, quick);
    await confirm(service, ada);
    await waitFor(() => slow.isEnded && quick.ids.length === 1);
    expect(quick.isEnded).toBe(false);
    leave();
  });

  test('is heard of again after its connection was lost', async () => {
    const database = openOwnDatabase(service.own, { name: 'lost' });
    const live = await startLive({ ...service.own, database, metrics: createMetrics() });
    const ada = newPerson();
    const mine = reader();
    await live.watch(ada.userId, mine);
    await confirm(service, ada);
    await waitFor(() => mine.ids.length === 1);
    await service.sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'notification-lost' and datname = current_database()`;
    await confirm(service, ada);
    await waitFor(() => mine.ids.length === 2, 30_000);
    await live.close();
    expect(mine.isEnded).toBe(true);
    // Whoever comes while the process stops is sent away: nobody would end that stream.
    await expect(live.watch(ada.userId, reader())).rejects.toMatchObject({ status: 503 });
    await database.close();
  });

  test('is one of many: looking at all of them leaves connections for requests', async () => {
    const { sql, listen: listenOwn } = service.own.database;
    let [running, most, looks] = [0, 0, 0];
    const counting = (strings: TemplateStringsArray, ...values: never[]) => {
      const query = sql(strings, ...values);
      const settle = query.then.bind(query);
      const settled =
        <Value>(go: (value: Value) => unknown) =>
        (value: Value) => {
          running -= 1;
          return go(value);
        };
      // A query runs when it is waited for; a part of another one never is.
      // biome-ignore lint/suspicious/noThenProperty: a query of postgres.js is such an object already
      query.then = ((resolve: () => unknown, reject: () => unknown) => {
        running += 1;
        looks += 1;
        most = Math.max(most, running);
        return settle(settled(resolve), settled(reject));
      }) as typeof query.then;
      return query;
    };
    let lookAtAll = (): void => undefined;
    const database = {
      ...service.own.database,
      db: counting as unknown as typeof service.own.database.db,
      listen: (channel: string, onNotify: (payload: string) => void, onListening: () => void = () => undefined) => {
        lookAtAll = onListening;
        return listenOwn(channel, onNotify);
      },
    };
    const live = await startLive({ ...service.own, database, metrics: createMetrics() });
    for (const person of Array.from({ length: 40 }, () => newPerson())) await live.watch(person.userId, reader());
    expect(looks).toBe(40);
    lookAtAll();
    lookAtAll();
    await waitFor(() => looks >= 80 && running === 0);
    expect(most).toBeLessThanOrEqual(3);
    await live.close();
  });

  test('has at most eight readers of one person', async () => {
    const ada = newPerson();
    const leaves = await Promise.all(Array.from({ length: 8 }, () => service.live.watch(ada.userId, reader())));
    await expect(service.live.watch(ada.userId, reader())).rejects.toMatchObject({
      status: 429,
      slug: 'too-many-streams',
    });
    leaves[0]?.();
    leaves.push(await service.live.watch(ada.userId, reader()));
    for (const leave of leaves) leave();
  });
});

test('a stream that is asked for by HEAD, or that its reader leaves, does not stay', async () => {
  const ada = newPerson();
  const server = await listen(service.app, { host: '127.0.0.1', port: 0, drainMs: 1_000 });
  const readers = async () => /notification_live_readers (\d+)/.exec(await service.own.metrics.registry.metrics())?.[1];
  const before = await readers();
  const url = `${server.url}/api/notifications/live`;
  for (let count = 0; count < 12; count += 1) {
    expect((await fetch(url, { method: 'HEAD', headers: as(ada.userId) })).status).toBe(200);
    const left = new AbortController();
    expect((await fetch(url, { headers: as(ada.userId), signal: left.signal })).status).toBe(200);
    left.abort();
    await waitFor(async () => (await readers()) === before);
  }
  await server.close();
});

describe('two API processes', () => {
  let issuer: TestIssuer;
  beforeAll(async () => {
    issuer = await startIssuer();
  });
  afterEach(killServiceProcesses);
  afterAll(() => issuer.close());

  const start = () =>
    startServiceProcess(join(import.meta.dirname, 'main.ts'), {
      MILLRACE_WORKLOAD: 'api',
      DATABASE_URL: service.own.config.DATABASE_URL,
      MAIL_FROM: from,
      ...issuer.variables,
    });

  test('both stream what a third one commits, to its recipient alone, and end their streams when they stop', async () => {
    const [ada, bob] = [newPerson(), newPerson()];
    for (const person of [ada, bob]) await register(service, person);
    const processes = [start(), start()];
    const urls = await Promise.all(processes.map(readyUrl));
    const watch = async (url: string, sub: string) => {
      const headers = { authorization: `Bearer ${await issuer.token(sub)}` };
      const response = await fetch(`${url}/api/notifications/live`, { headers });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
      const seen = { text: '', isOver: false };
      void (async () => {
        for await (const chunk of response.body ?? []) seen.text += new TextDecoder().decode(chunk);
        seen.isOver = true;
      })();
      return seen;
    };
    const streams = await Promise.all(urls.map((url) => watch(url, ada.userId)));
    const others = await Promise.all(urls.map((url) => watch(url, bob.userId)));
    await confirm(service, ada);
    await waitFor(() => streams.every(({ text }) => text.includes('event: notice\n')), 30_000);
    for (const { text } of streams) {
      const data = /^event: notice\ndata: (.*)\n\n/m.exec(text)?.[1] ?? '';
      expect(JSON.parse(data)).toMatchObject({ kind: 'order-confirmed', email: { state: 'queued' }, readAt: null });
      expect(text.match(/event: notice/g)).toHaveLength(1);
    }
    for (const { text } of others) expect(text).not.toContain('event: notice');
    for (const { child } of processes) child.kill('SIGTERM');
    for (const { ended } of processes) expect(await ended).toEqual({ code: 0, err: '' });
    // A stream that was cut when the time to drain was over would have failed instead.
    await waitFor(() => [...streams, ...others].every(({ isOver }) => isOver));
  }, 120_000);
});
