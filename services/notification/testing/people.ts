// A service under test with the events of people and orders, and mails that a test reads.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OrderConfirmed } from '@millrace/catalog/events/order.ts';
import { UserChanged, UserErased, UserRegistered } from '@millrace/catalog/events/user.ts';
import { notification } from '@millrace/catalog/services.ts';
import type { MailServer } from '@millrace/local/mail/mail-server.ts';
import { startMailServer } from '@millrace/local/mail/mail-server.ts';
import { createLog } from '@millrace/runtime/log.ts';
import type { Clock } from '@millrace/runtime/ports.ts';
import { systemRandom } from '@millrace/runtime/ports.ts';
import { createMetrics } from '@millrace/runtime/telemetry.ts';
import type { TestService } from '@millrace/runtime/testing/service.ts';
import { openTestService } from '@millrace/runtime/testing/service.ts';
import type { NotificationConfig } from '../config.ts';
import { reactions } from '../events.ts';
import type { Live } from '../live.ts';
import { startLive } from '../live.ts';
import type { MailLoopParts } from '../mail-loop.ts';
import { mailMetrics } from '../mail-metrics.ts';
import type { Mailer } from '../mailer.ts';
import { notificationRoutes } from '../routes.ts';

export const from = 'no-reply@millrace.example';
export const migrations = join(import.meta.dirname, '..', 'migrations');
export const ownSettings = {
  SIGNING_KEY: 'a key of more than thirty-two characters',
  ISSUER_URL: 'http://127.0.0.1:9',
  JWKS_URL: 'http://127.0.0.1:9/jwks',
  CLIENT_IDS: ['page'],
  MAIL_FROM: from,
  MAIL_TRANSPORT: 'smtp' as const,
  SMTP_URL: 'smtp://127.0.0.1:9',
};

/** A clock that only a test moves: what is due does not depend on how long a test takes. */
export interface TestClock extends Clock {
  move(milliseconds: number): void;
}

export function testClock(): TestClock {
  let nowMs = Date.now();
  return {
    now: () => new Date(nowMs),
    move: (milliseconds) => {
      nowMs += milliseconds;
    },
  };
}

export type NotificationService = TestService<NotificationConfig>;

/** The service with its routes, reactions and live stream, over a database of its own. */
export async function openNotification(clock?: Clock): Promise<NotificationService & { live: Live }> {
  const noLive: Live = { watch: () => Promise.reject(new Error('not started')), close: async () => undefined };
  let live = noLive;
  const service = await openTestService<NotificationConfig>({
    service: notification,
    migrations,
    config: ownSettings,
    reactions,
    routes: (own) =>
      notificationRoutes(own, { watch: (recipient, reader) => live.watch(recipient, reader), close: noLive.close }),
    ...(clock && { clock }),
  });
  live = await startLive(service.own);
  return {
    ...service,
    live,
    close: async () => {
      await live.close();
      await service.close();
    },
  };
}

/** What the mail loop works with, around a carrier of the test's choice. */
export function mailParts({ own }: NotificationService, mailer: Mailer): MailLoopParts {
  return { ...own, metrics: mailMetrics(createMetrics()), mailer };
}

export interface Person {
  userId: string;
  email: string;
  name: string;
}

let people = 0;
export function newPerson(facts: Partial<Person> = {}): Person {
  people += 1;
  return { userId: systemRandom.uuid(), email: `person${people}@example.com`, name: `Person ${people}`, ...facts };
}

export const register = ({ deliver }: NotificationService, person: Person, id = systemRandom.uuid()) =>
  deliver(UserRegistered, { id, aggregateId: person.userId, aggregateVersion: 1, data: person });
export const change = ({ deliver }: NotificationService, person: Person, aggregateVersion: number) =>
  deliver(UserChanged, { aggregateId: person.userId, aggregateVersion, data: person }, 'UserRegistered');
export const erase = ({ deliver }: NotificationService, { userId }: Person, aggregateVersion: number) =>
  deliver(UserErased, { aggregateId: userId, aggregateVersion, data: { userId } }, 'UserRegistered');

export const euros = (amountMinor: number) => ({ amountMinor, currency: 'EUR' as const });

/** The data of an OrderConfirmed of two mugs. */
export function confirmedData(userId: string, orderId = systemRandom.uuid(), name = 'Coffee mug') {
  const line = { productId: systemRandom.uuid(), quantity: 2, name, unitPrice: euros(1_250) };
  return { orderId, userId, items: [line], total: euros(2_500) };
}

export function confirm(service: NotificationService, person: Person, id = systemRandom.uuid()): Promise<string> {
  const data = confirmedData(person.userId);
  return service.deliver(OrderConfirmed, { id, aggregateId: data.orderId, aggregateVersion: 3, data });
}

/** The mail server of a laptop, in a folder of its own. */
export async function openMailbox(): Promise<MailServer & { mails(to: string): Promise<MailboxItem[]> }> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-mailbox-'));
  const log = createLog({ name: 'mail', level: 'fatal' });
  const server = await startMailServer({ host: '127.0.0.1', smtpPort: 0, port: 0, folder, log });
  return {
    ...server,
    mails: async (to) => {
      const response = await fetch(`${server.url}/local/mail/api/messages?to=${encodeURIComponent(to)}`);
      const { items } = (await response.json()) as { items: { id: string }[] };
      return Promise.all(
        items.map(async ({ id }) => {
          const mail = await fetch(`${server.url}/local/mail/api/messages/${id}`);
          return (await mail.json()) as MailboxItem;
        }),
      );
    },
    close: async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface MailboxItem {
  id: string;
  from: string;
  to: string[];
  subject: string;
  messageId: string;
  headers: { name: string; value: string }[];
  text: string;
  html: string;
}
