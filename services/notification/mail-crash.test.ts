import { join } from 'node:path';
import { killServiceProcesses, startServiceProcess } from '@millrace/runtime/testing/service-process.ts';
import { waitFor } from '@millrace/runtime/testing/wait.ts';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { NotificationService } from './testing/people.ts';
import { from, newPerson, openMailbox, openNotification, register } from './testing/people.ts';

let service: NotificationService;
let mailbox: Awaited<ReturnType<typeof openMailbox>>;
beforeAll(async () => {
  service = await openNotification();
  mailbox = await openMailbox();
});
afterEach(killServiceProcesses);
afterAll(async () => {
  await service.close();
  await mailbox.close();
});

const startWorker = () =>
  startServiceProcess(join(import.meta.dirname, 'main.ts'), {
    MILLRACE_WORKLOAD: 'worker',
    DATABASE_URL: service.own.config.DATABASE_URL,
    MAIL_FROM: from,
    MAIL_TRANSPORT: 'smtp',
    SMTP_URL: mailbox.smtpUrl,
  });

const lock = 4_711;
const deadlineMs = 30_000;

test('I10 a worker that is killed between sending and marking sends again under the same key', async () => {
  // Marking waits in the database for a lock that this test holds: the mail is out, and the worker does not get to say so.
  await service.sql.unsafe(`
    create function wait_to_mark() returns trigger language plpgsql as $$
      begin perform pg_advisory_xact_lock(${lock}); return new; end $$;
    create trigger wait_to_mark before update on mail for each row when (new.state = 'sent') execute function wait_to_mark()`);
  const ada = newPerson();
  const state = async () => (await service.sql`select state, attempts from mail where recipient = ${ada.userId}`)[0];
  const holder = postgres(service.own.config.DATABASE_URL, { max: 1 });
  await holder`select pg_advisory_lock(${lock})`;
  await register(service, ada);
  const first = startWorker();
  await waitFor(
    async () =>
      (
        await service.sql`
          select 1 from pg_stat_activity
          where datname = current_database() and wait_event = 'advisory' and query like '%update mail set%'`
      ).length > 0,
    deadlineMs,
  );
  first.child.kill('SIGKILL');
  expect((await first.ended).code).toBeNull();
  expect(await mailbox.mails(ada.email)).toHaveLength(1);
  // The server notices that its client is gone only when it next speaks to it; what it had begun is rolled back.
  await service.sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'notification-worker'`;
  await holder`select pg_advisory_unlock(${lock})`;
  await holder.end();
  expect(await state()).toEqual({ state: 'queued', attempts: 1 });

  const second = startWorker();
  await second.url();
  expect(await mailbox.mails(ada.email)).toHaveLength(1);
  // The lease's time is over.
  await service.sql`update mail set next_attempt_at = now() where recipient = ${ada.userId}`;
  await waitFor(async () => (await state())?.['state'] === 'sent', deadlineMs);
  second.child.kill('SIGTERM');
  expect(await second.ended).toEqual({ code: 0, err: '' });
  const mails = await mailbox.mails(ada.email);
  expect(mails).toHaveLength(2);
  expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(1);
  const rows = await service.sql`select 1 from notice where recipient = ${ada.userId} and channel = 'email'`;
  expect(rows).toHaveLength(1);
}, 180_000);

test('a worker that is told to stop while it sends ends the mail that it has begun', async () => {
  await service.sql`drop trigger if exists wait_to_mark on mail`;
  const people = Array.from({ length: 30 }, () => newPerson());
  for (const person of people) await register(service, person);
  const worker = startWorker();
  await waitFor(async () => (await mailbox.mails(people[0]?.email ?? '')).length > 0, deadlineMs);
  worker.child.kill('SIGTERM');
  expect(await worker.ended).toEqual({ code: 0, err: '' });
  const [{ doubtful } = { doubtful: -1 }] = await service.sql<{ doubtful: number }[]>`
    select cast(count(*) as integer) as doubtful from mail where state = 'queued' and attempts > 0`;
  expect(doubtful).toBe(0);
}, 180_000);
