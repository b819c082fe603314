import type { Metrics } from '@millrace/runtime/telemetry.ts';
import { Counter, Gauge } from '@millrace/runtime/telemetry.ts';

export interface MailMetrics {
  /** `given-up` is the one to raise an alarm for: somebody was not told. */
  mails: Counter<'outcome'>;
  open: Gauge;
  oldestSeconds: Gauge;
}

/** The metrics of the mail queue. */
export function mailMetrics({ registry }: Pick<Metrics, 'registry'>): MailMetrics {
  const registers = [registry];
  const mails = new Counter({
    name: 'notification_mails_total',
    help: 'Attempts to send a mail by their outcome: sent, postponed, refused, given-up, none (no address came in time).',
    labelNames: ['outcome'],
    registers,
  });
  // There from the start, so that an alarm sees the first one.
  for (const outcome of ['sent', 'postponed', 'refused', 'given-up', 'none']) mails.inc({ outcome }, 0);
  return {
    mails,
    open: new Gauge({ name: 'notification_mails_open', help: 'Mails that are to be sent.', registers }),
    oldestSeconds: new Gauge({
      name: 'notification_oldest_mail_seconds',
      help: 'Age of the oldest mail that is to be sent.',
      registers,
    }),
  };
}
