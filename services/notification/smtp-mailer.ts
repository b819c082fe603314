import Mail from 'nodemailer/lib/mailer';
import SMTPPool from 'nodemailer/lib/smtp-pool';
import type { Mailer, Sending } from './mailer.ts';
import { automaticHeader, noticeHeader } from './mailer.ts';

const connectMs = 5_000;
const silenceMs = 10_000;
const idleMs = 5_000;
const maxConnections = 8;

/** Sends by SMTP over a few connections. `url`: `smtp://[user:password@]host:port`. */
export function smtpMailer(options: { url: string; from: string }): Mailer {
  const { url, from } = options;
  const domain = from.slice(from.lastIndexOf('@') + 1);
  const carrier = new SMTPPool({
    url,
    maxConnections,
    idleTimeout: idleMs,
    // The queue of mails repeats, in whatever process is there then.
    maxRequeues: 0,
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: silenceMs,
    dnsTimeout: connectMs,
  });
  // A letter is text from our own templates: nothing in it may name a file or an address to fetch.
  const transport = new Mail(carrier, { disableFileAccess: true, disableUrlAccess: true });
  return {
    send: async ({ noticeId, to, subject, text, html }, signal): Promise<Sending> => {
      const headers = { [noticeHeader]: noticeId, [automaticHeader.name]: automaticHeader.value };
      const message = { from, to, subject, text, html, headers, messageId: `<${noticeId}@${domain}>` };
      try {
        await transport.sendMail({ ...message, signal });
        return { outcome: 'sent' };
      } catch (error) {
        const refusal = refusalOf(error);
        if (refusal) return { outcome: 'refused', reason: refusal };
        throw error;
      }
    },
    close: () => transport.close(),
  };
}

/** A reply of class 5 to the recipient or to the message; to the greeting, the login or the sender it is about us, not about the letter. */
function refusalOf(error: unknown): string | undefined {
  const { code, command, responseCode, permanent } = error as Partial<
    Record<'code' | 'command', string> & { responseCode: number; permanent: boolean }
  >;
  const isAboutLetter = (code === 'EENVELOPE' && command === 'RCPT TO') || code === 'EMESSAGE';
  return isAboutLetter && permanent === true ? `smtp ${responseCode}` : undefined;
}
