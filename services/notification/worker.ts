import { openBroker, startSubscriptions } from '@millrace/runtime/subscriptions.ts';
import type { StartWorkload } from '@millrace/runtime/workload.ts';
import { serveHttp } from '@millrace/runtime/workload.ts';
import type { NotificationConfig } from './config.ts';
import { reactions } from './events.ts';
import { startMailLoop } from './mail-loop.ts';
import { mailMetrics } from './mail-metrics.ts';
import type { Mailer } from './mailer.ts';
import { startUpkeep } from './upkeep.ts';

/** Turns what happens into notices, and sends the mails. It publishes nothing, so it has no relay. */
export const startWorker: StartWorkload<NotificationConfig> = async (own) => {
  const mailer = await openMailer(own.config);
  const broker = openBroker(own.config);
  const consumers = startSubscriptions(own, broker, reactions(own));
  const parts = { ...own, metrics: mailMetrics(own.metrics) };
  const loops = [await startMailLoop({ ...parts, mailer }), startUpkeep(parts)];
  const server = await serveHttp(own);
  return {
    close: async () => {
      // At once: a slow carrier and a slow handler one after the other would take longer than a process has to stop.
      await Promise.all([consumers, ...loops].map((part) => part.close()));
      mailer.close();
      await Promise.all([server.close(), broker.close(), own.database.close()]);
    },
  };
};

/** Opens the carrier that the configuration names; only that one is loaded. */
async function openMailer(
  config: Pick<NotificationConfig, 'MAIL_FROM' | 'MAIL_TRANSPORT' | 'SMTP_URL' | 'AWS_REGION'>,
): Promise<Mailer> {
  const from = config.MAIL_FROM;
  if (config.MAIL_TRANSPORT === 'smtp') {
    const { smtpMailer } = await import('./smtp-mailer.ts');
    return smtpMailer({ url: config.SMTP_URL ?? '', from });
  }
  const { sesMailer } = await import('./ses-mailer.ts');
  return sesMailer({ region: config.AWS_REGION, from });
}
