import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import type { Mailer, Sending } from './mailer.ts';
import { automaticHeader, noticeHeader } from './mailer.ts';

const connectMs = 3_000;
const answerMs = 10_000;
/** Refusals of this letter. What is about our account (suspended, paused, domain not verified) may be mended. */
const refusals = new Set(['MessageRejected', 'BadRequestException']);
/** SES says MessageRejected of this too, although it is our sender (or, in its sandbox, the account) that is not set up. */
const isAboutAccount = /not verified/i;

/** Sends by Amazon SES v2. It makes its own Message-ID, so the notice's id goes into a header and a tag. */
export function sesMailer(options: { region: string; from: string; endpoint?: string }): Mailer {
  const { region, from, endpoint } = options;
  const client = new SESv2Client({
    region,
    ...(endpoint && { endpoint }),
    // The queue of mails repeats, with pauses of its own.
    maxAttempts: 1,
    requestHandler: { connectionTimeout: connectMs, requestTimeout: answerMs },
  });
  const content = (text: string) => ({ Data: text, Charset: 'UTF-8' });
  return {
    send: async ({ noticeId, to, subject, text, html }, signal): Promise<Sending> => {
      const command = new SendEmailCommand({
        FromEmailAddress: from,
        Destination: { ToAddresses: [to] },
        Content: {
          Simple: {
            Subject: content(subject),
            Body: { Text: content(text), Html: content(html) },
            Headers: [
              { Name: noticeHeader, Value: noticeId },
              { Name: automaticHeader.name, Value: automaticHeader.value },
            ],
          },
        },
        EmailTags: [{ Name: 'notice', Value: noticeId }],
      });
      try {
        await client.send(command, { abortSignal: signal });
        return { outcome: 'sent' };
      } catch (error) {
        if (!(error instanceof Error) || !refusals.has(error.name) || isAboutAccount.test(error.message)) throw error;
        return { outcome: 'refused', reason: `ses ${error.name}` };
      }
    },
    close: () => client.destroy(),
  };
}
