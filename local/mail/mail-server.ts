import { listen } from '@millrace/runtime/listen.ts';
import type { Log } from '@millrace/runtime/log.ts';
import { createApp } from '@millrace/runtime/server.ts';
import { createMetrics } from '@millrace/runtime/telemetry.ts';
import { MachineFault } from '../fault.ts';
import type { MailFaults } from './mail-faults.ts';
import { createMailFaults } from './mail-faults.ts';
import { mailRoutes } from './mail-routes.ts';
import { openMailStore } from './mail-store.ts';
import { startSmtp } from './smtp.ts';

const maxMails = 1_000;
const drainMs = 1_000;

interface MailServerOptions {
  host: string;
  /** 0 takes a free one. */
  smtpPort: number;
  /** Of the page and its API; 0 takes a free one. */
  port: number;
  /** Where mails are kept. */
  folder: string;
  log: Log;
}

/** A mail server that keeps and shows what it is given. */
export interface MailServer {
  smtpUrl: string;
  /** Of the page's server; the page is at `/local/mail`. */
  url: string;
  faults: MailFaults;
  close(): Promise<void>;
}

/** Starts it. @throws MachineFault when a port is taken or the folder cannot be written. */
export async function startMailServer(options: MailServerOptions): Promise<MailServer> {
  const { host, smtpPort, port, folder, log } = options;
  const store = await openMailStore(folder, { maxMails, now: () => new Date() });
  const faults = createMailFaults();
  const onFault = (error: unknown): void => log.error({ err: error }, 'a mail could not be kept');
  const smtp = await onPort(smtpPort, () => startSmtp({ store, faults, onFault }, { host, port: smtpPort }));
  const app = createApp({
    name: 'mail',
    version: '0.1.0',
    routes: mailRoutes({ store, faults }),
    isReady: async () => undefined,
    metrics: createMetrics(),
    log,
  });
  const page = await onPort(port, () => listen(app, { host, port, drainMs })).catch(async (error: unknown) => {
    await smtp.close();
    throw error;
  });
  const smtpUrl = `smtp://${host}:${smtp.port}`;
  log.info({ url: page.url, smtpUrl, mails: store.size }, 'listening');
  return {
    smtpUrl,
    url: page.url,
    faults,
    close: async () => {
      await Promise.all([smtp.close(), page.close()]);
    },
  };
}

async function onPort<Result>(port: number, start: () => Promise<Result>): Promise<Result> {
  try {
    return await start();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw new MachineFault(`port ${port} is taken by another process`, error);
    if (code === 'EACCES') throw new MachineFault(`port ${port} may not be used by this user`, error);
    throw error;
  }
}
