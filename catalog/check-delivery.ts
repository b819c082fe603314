import { environmentNames, environments } from './environments.ts';
import type { Fault } from './fault.ts';
import type { Service, Subscription } from './service.ts';
import { consumerCloseSeconds } from './stopping.ts';

/** SQS keeps a message for at most 14 days. Source: SQS quotas. */
const longestRetentionDays = 14;

/**
 * The arithmetic of delivery: what a queue repeats must be remembered, and what it hands out must be finished in time.
 * Each asks for what is wrong, so that a number that cannot be read (NaN) is no fault here.
 */
export function deliveryFaults(service: Service): Fault[] {
  return service.consumes.flatMap((subscription, index) =>
    [
      visibilityFault(subscription),
      retentionFault(subscription),
      inboxFault(subscription, service.inboxDays),
      receivesFault(subscription),
      drainFault(subscription),
    ].flatMap((fault) => (fault ? [{ place: `${service.name}.consumes[${index}]`, ...fault }] : [])),
  );
}

type Finding = Omit<Fault, 'place'> | undefined;

function visibilityFault({ visibilitySeconds, deadlineSeconds }: Subscription): Finding {
  if (!(visibilitySeconds < 6 * deadlineSeconds)) return undefined;
  const needed = Math.ceil(6 * deadlineSeconds);
  const message = `visibility ${visibilitySeconds} s < 6 × ${deadlineSeconds} s. Write ${needed} or more.`;
  return { code: 'E040', message };
}

function retentionFault({ queueRetentionDays, deadLetterRetentionDays }: Subscription): Finding {
  if (!(deadLetterRetentionDays <= queueRetentionDays || deadLetterRetentionDays > longestRetentionDays))
    return undefined;
  const sum = `dead letters are kept ${deadLetterRetentionDays} d, the queue ${queueRetentionDays} d`;
  const most = Math.min(queueRetentionDays, longestRetentionDays - 1);
  const message = `${sum}. Write more than ${most} and at most ${longestRetentionDays} for dead letters.`;
  return { code: 'E041', message };
}

function inboxFault({ queueRetentionDays, deadLetterRetentionDays }: Subscription, inboxDays: number): Finding {
  const archiveDays = Math.max(...environmentNames.map((name) => environments[name].archiveRetentionDays));
  const needed = Math.max(queueRetentionDays + deadLetterRetentionDays, archiveDays);
  if (!(inboxDays < needed)) return undefined;
  const sum = `queue ${queueRetentionDays} + dead letters ${deadLetterRetentionDays} d, archive ${archiveDays} d`;
  return {
    code: 'E042',
    message: `the inbox remembers ${inboxDays} d < ${needed} d (${sum}). Write ${needed} or more.`,
  };
}

function receivesFault({ maxReceives }: Subscription): Finding {
  if (!(maxReceives < 3 || maxReceives > 5)) return undefined;
  return { code: 'E043', message: `maxReceives is ${maxReceives}. Write 3 to 5.` };
}

function drainFault({ deadlineSeconds }: Subscription): Finding {
  if (!(deadlineSeconds >= consumerCloseSeconds)) return undefined;
  const message =
    `a handler may take ${deadlineSeconds} s, and a consumer that stops waits ${consumerCloseSeconds} s. ` +
    `Write a deadline below ${consumerCloseSeconds}, or cut the work into smaller events.`;
  return { code: 'E044', message };
}
