import { waitFor } from '@millrace/runtime/testing/wait.ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Letter } from './letter.ts';
import type { MailLoopParts } from './mail-loop.ts';
import { sendDue, startMailLoop } from './mail-loop.ts';
import type { Mailer, Sending } from './mailer.ts';
import { smtpMailer } from './smtp-mailer.ts';
import type { openMailbox as Mailbox, NotificationService, Person, TestClock } from './testing/people.ts';
import {
  change,
  confirm,
  erase,
  from,
  mailParts,
  newPerson,
  openMailbox,
  openNotification,
  register,
  testClock,
} from './testing/people.ts';
import { keepUp } from './upkeep.ts';

let service: NotificationService;
let clock: TestClock;
let mailbox: Awaited<ReturnType<typeof Mailbox>>;
let smtp: Mailer;
beforeAll(async () => {
  clock = testClock();
  service = await openNotification(clock);
});
beforeEach(async () => {
  await service.sql`delete from notice`;
  mailbox = await openMailbox();
  smtp = smtpMailer({ url: mailbox.smtpUrl, from });
});
afterEach(async () => {
  smtp.close();
  await mailbox.close();
});
afterAll(() => service.close());

const mailsOf = async ({ userId }: Person) =>
  (
    await service.sql`
      select state, attempts, fault, next_attempt_at as "nextAttemptAt", notice_id as "noticeId" from mail
      where recipient = ${userId} order by created_at, notice_id`
  ).map(
    (row) =>
      ({ ...row }) as { state: string; attempts: number; fault: string | null; nextAttemptAt: Date; noticeId: string },
  );
async function registered(facts: Partial<Person> = {}): Promise<Person> {
  const person = newPerson(facts);
  await register(service, person);
  return person;
}

/** A carrier that answers what the test says, and remembers the letters. */
function carrier(answer: () => Sending | Promise<Sending>): Mailer & { letters: Letter[] } {
  const letters: Letter[] = [];
  return {
    letters,
    send: async (letter) => {
      letters.push(letter);
      return answer();
    },
    close: () => undefined,
  };
}

describe('by SMTP', () => {
  test('a mail arrives with its key in the Message-ID and in a header, and is marked as sent', async () => {
    const ada = await registered({ name: 'Ada <img src=x onerror=alert(1)> Lovelace' });
    const parts = mailParts(service, smtp);
    expect(await sendDue(parts)).toEqual({ sent: 1, failed: 0, isMore: false });
    expect(await sendDue(parts)).toEqual({ sent: 0, failed: 0, isMore: false });
    const [{ noticeId, ...state } = {}] = await mailsOf(ada);
    expect(state).toMatchObject({ state: 'sent', attempts: 1, fault: null });
    const [mail, ...others] = await mailbox.mails(ada.email);
    expect(others).toEqual([]);
    expect(mail).toMatchObject({ from, to: [ada.email], subject: 'Welcome to Millrace' });
    expect(mail?.messageId).toBe(`<${noticeId}@millrace.example>`);
    const headers = new Map(mail?.headers.map(({ name, value }) => [name.toLowerCase(), value]));
    expect(headers.get('x-millrace-notice')).toBe(noticeId);
    expect(headers.get('auto-submitted')).toBe('auto-generated');
    expect(mail?.text).toContain('Hello Ada <img src=x onerror=alert(1)> Lovelace,');
    expect(mail?.html).toContain('Hello Ada &lt;img src=x onerror=alert(1)&gt; Lovelace,');
  });

  test('a refusal for good (550) ends at once', async () => {
    const ada = await registered();
    mailbox.faults.set('reject', 1);
    await sendDue(mailParts(service, smtp));
    expect(await mailsOf(ada)).toMatchObject([{ state: 'refused', attempts: 1, fault: 'smtp 550' }]);
    clock.move(3_600_000);
    expect(await sendDue(mailParts(service, smtp))).toMatchObject({ sent: 0, failed: 0 });
  });

  test('a refusal for now (451) and a lost answer come again later, under the same key', async () => {
    const ada = await registered();
    for (const fault of ['temporary', 'drop-after-data'] as const) {
      mailbox.faults.set(fault, 1);
      expect(await sendDue(mailParts(service, smtp))).toMatchObject({ sent: 0, failed: 1 });
      expect(await sendDue(mailParts(service, smtp))).toMatchObject({ sent: 0, failed: 0 });
      clock.move(60_000);
    }
    expect(await sendDue(mailParts(service, smtp))).toMatchObject({ sent: 1 });
    expect(await mailsOf(ada)).toMatchObject([{ state: 'sent', attempts: 3 }]);
    const mails = await mailbox.mails(ada.email);
    expect(mails).toHaveLength(2);
    expect(new Set(mails.map(({ messageId }) => messageId)).size).toBe(1);
  });

  test('the log and the table do not hold the address', async () => {
    const ada = await registered();
    mailbox.faults.set('temporary', 1);
    await sendDue(mailParts(service, smtp));
    const [mail] = await mailsOf(ada);
    expect(mail?.fault).toContain('451');
    expect(mail?.fault).not.toContain('@');
    clock.move(60_000);
    await sendDue(mailParts(service, smtp));
  });

  test('a server that is not there is no refusal', async () => {
    const nowhere = smtpMailer({ url: 'smtp://127.0.0.1:9', from });
    const ada = await registered();
    await sendDue(mailParts(service, nowhere));
    expect(await mailsOf(ada)).toMatchObject([{ state: 'queued', attempts: 1 }]);
    nowhere.close();
  });
});

describe('the queue', () => {
  const fails = () =>
    carrier(() => Promise.reject(Object.assign(new Error('ada@example.com is busy'), { code: 'EBUSY' })));

  test('waits longer after each failure, up to a quarter of an hour, and gives up after a day', async () => {
    const ada = await registered();
    const parts = mailParts(service, fails());
    const waitsMs: number[] = [];
    const startMs = clock.now().getTime();
    while (clock.now().getTime() - startMs < 24 * 3_600_000) {
      await sendDue(parts);
      const [{ nextAttemptAt } = { nextAttemptAt: new Date(0) }] = await mailsOf(ada);
      const waitMs = nextAttemptAt.getTime() - clock.now().getTime();
      waitsMs.push(waitMs);
      clock.move(waitMs + 1_000);
    }
    expect(waitsMs[0]).toBeLessThanOrEqual(2_000);
    expect(waitsMs.length).toBeGreaterThan(90);
    for (const waitMs of waitsMs.slice(12)) expect(waitMs).toBeGreaterThan(7 * 60_000);
    expect(Math.max(...waitsMs)).toBeLessThanOrEqual(15 * 60_000);
    expect(await mailsOf(ada)).toMatchObject([{ state: 'queued', fault: 'Error EBUSY' }]);
    await sendDue(parts);
    expect(await mailsOf(ada)).toMatchObject([{ state: 'given-up' }]);
    expect(await counted(parts, 'given-up')).toBe(1);
  });

  test('lends a mail to one process at a time, and again when the lease is over', async () => {
    const ada = await registered();
    const started = Promise.withResolvers<void>();
    const slow = carrier(async () => {
      started.resolve();
      await answer.promise;
      return { outcome: 'sent' };
    });
    const answer = Promise.withResolvers<void>();
    const quick = carrier(() => ({ outcome: 'sent' }));
    const first = sendDue(mailParts(service, slow));
    await started.promise;
    await sendDue(mailParts(service, quick));
    expect(quick.letters).toEqual([]);
    clock.move(61_000);
    await sendDue(mailParts(service, quick));
    answer.resolve();
    await first;
    expect(quick.letters.map(({ noticeId }) => noticeId)).toEqual(slow.letters.map(({ noticeId }) => noticeId));
    expect(await mailsOf(ada)).toMatchObject([{ state: 'sent', attempts: 2 }]);
  });

  test('a mail whose attempts end the process goes alone, ends after five, and takes no other mail with it', async () => {
    const people = [await registered(), await registered(), await registered()];
    const [poison] = people;
    // As if the process died of it: nobody marks what it had begun.
    const letters: string[][] = [];
    const attempt = async (): Promise<void> => {
      const batch: string[] = [];
      letters.push(batch);
      const dying = carrier(() => ({ outcome: 'sent' }));
      const send = dying.send;
      dying.send = async (letter, signal) => {
        batch.push(letter.to);
        if (letter.to === poison?.email) await service.sql`alter table mail rename to mail_away`;
        return send(letter, signal);
      };
      try {
        await sendDue(mailParts(service, dying));
      } catch {
        await service.sql`alter table mail_away rename to mail`;
      }
      clock.move(61_000);
    };
    for (let count = 0; count < 9; count += 1) await attempt();
    expect(letters[0]?.toSorted()).toEqual(people.map(({ email }) => email).toSorted());
    for (const batch of letters.slice(1)) expect(batch.length).toBeLessThanOrEqual(1);
    expect(letters.flat().filter((to) => to === poison?.email)).toHaveLength(5);
    expect(await mailsOf(poison as Person)).toMatchObject([{ state: 'given-up', fault: 'unended' }]);
    for (const other of people.slice(1)) expect(await mailsOf(other)).toMatchObject([{ state: 'sent' }]);
  });

  test('an answer of which the database never heard is no failure of the carrier', async () => {
    const ada = await registered();
    const sent = carrier(async () => {
      await service.sql`alter table mail rename to mail_away`;
      return { outcome: 'sent' };
    });
    await expect(sendDue(mailParts(service, sent))).rejects.toThrow();
    await service.sql`alter table mail_away rename to mail`;
    expect(await mailsOf(ada)).toMatchObject([{ state: 'queued', attempts: 1, fault: null }]);
  });

  test('none waits in a process while its recipient is erased', async () => {
    const people = await Promise.all(Array.from({ length: 12 }, () => registered()));
    const [begun, erased] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const late: string[] = [];
    let isErased = false;
    const slow = carrier(() => ({ outcome: 'sent' }));
    slow.send = async ({ to }) => {
      if (isErased) late.push(to);
      begun.resolve();
      await erased.promise;
      return { outcome: 'sent' };
    };
    const sending = sendDue(mailParts(service, slow));
    await begun.promise;
    for (const person of people) await erase(service, person, 2);
    isErased = true;
    erased.resolve();
    await sending;
    expect(late).toEqual([]);
  });

  test('goes to the address that a person has when it is sent, and to nobody who was erased', async () => {
    const [ada, bob] = [await registered(), await registered()];
    await change(service, { ...ada, email: 'moved@example.com' }, 2);
    await erase(service, bob, 2);
    const sent = carrier(() => ({ outcome: 'sent' }));
    await sendDue(mailParts(service, sent));
    expect(sent.letters.map(({ to }) => to)).toEqual(['moved@example.com']);
  });

  test('gives back what it has not begun when it is told to stop', async () => {
    const ada = await registered();
    for (let count = 0; count < 12; count += 1) await confirm(service, ada);
    let isStopped = false;
    const sent = carrier(async () => {
      isStopped = true;
      return { outcome: 'sent' };
    });
    await sendDue(mailParts(service, sent), () => isStopped);
    const mails = await mailsOf(ada);
    expect(sent.letters.length).toBeLessThan(13);
    expect(mails.filter(({ state }) => state === 'sent')).toHaveLength(sent.letters.length);
    for (const mail of mails.filter(({ state }) => state === 'queued')) expect(mail.attempts).toBe(0);
  });

  test('is measured', async () => {
    await registered();
    const parts = mailParts(service, fails());
    clock.move(5_000);
    await keepUp(parts);
    expect((await parts.metrics.open.get()).values[0]?.value).toBe(1);
    expect((await parts.metrics.oldestSeconds.get()).values[0]?.value).toBeGreaterThanOrEqual(5);
  });
});

test('two loops send a hundred mails once each, and stop when they are told to', async () => {
  const ada = await registered();
  const mails = Array.from({ length: 99 }, () => confirm(service, ada));
  await Promise.all(mails);
  const carriers = [carrier(() => ({ outcome: 'sent' })), carrier(() => ({ outcome: 'sent' }))];
  const loops = await Promise.all(carriers.map((mailer) => startMailLoop(mailParts(service, mailer))));
  await waitFor(async () => (await mailsOf(ada)).every(({ state }) => state === 'sent'));
  const keys = carriers.flatMap(({ letters }) => letters.map(({ noticeId }) => noticeId));
  expect(keys).toHaveLength(100);
  expect(new Set(keys).size).toBe(100);
  const latest = confirm(service, ada);
  await latest;
  await waitFor(async () => (await mailsOf(ada)).every(({ state }) => state === 'sent'));
  await Promise.all(loops.map((loop) => loop.close()));
});

async function counted({ metrics }: MailLoopParts, outcome: string): Promise<number | undefined> {
  const { values } = await metrics.mails.get();
  return values.find(({ labels }) => labels.outcome === outcome)?.value;
}
