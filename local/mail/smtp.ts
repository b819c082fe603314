import type { AddressInfo } from 'node:net';
import type { SMTPServerDataStream, SMTPServerSession } from 'smtp-server';
import { SMTPServer } from 'smtp-server';
import type { MailFaults } from './mail-faults.ts';
import type { MailStore } from './mail-store.ts';

const maxMailBytes = 1024 * 1024;
const maxClients = 50;
const maxRecipients = 50;
const silenceMs = 30_000;
const closeMs = 1_000;

interface SmtpParts {
  store: MailStore;
  faults: MailFaults;
  onFault: (error: unknown) => void;
}

export interface Smtp {
  port: number;
  close(): Promise<void>;
}

type Refusal = Error & { responseCode: number };

/** Takes every mail that is sent to it and sends none on. @throws when the port is taken. */
export async function startSmtp(parts: SmtpParts, at: { host: string; port: number }): Promise<Smtp> {
  const server = new SMTPServer({
    name: 'localhost',
    banner: 'Millrace: mail is shown here and goes nowhere',
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    size: maxMailBytes,
    maxClients,
    maxRecipients,
    socketTimeout: silenceMs,
    closeTimeout: closeMs,
    onRcptTo: (_address, _session, done) => {
      done(parts.faults.take('reject') ? refusal(550, 'No such mailbox, as you asked for.') : null);
    },
    onData: (data, session, done) => {
      void takeMail(parts, data, session).then(
        (taken) => (taken === 'drop' ? drop(server, session) : done(null, 'Kept')),
        (error: unknown) => done(error as Error),
      );
    },
  });
  // A client that breaks off is its own fault; what is ours comes through onFault.
  server.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject);
    server.listen(at.port, at.host, resolve);
  });
  return {
    port: (server.server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

async function takeMail(
  parts: SmtpParts,
  data: SMTPServerDataStream,
  session: SMTPServerSession,
): Promise<'kept' | 'drop'> {
  const { store, faults, onFault } = parts;
  const chunks: Buffer[] = [];
  let bytes = 0;
  // What is too large is read to its end, which the protocol wants, and not kept.
  for await (const chunk of data as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= maxMailBytes) chunks.push(chunk);
  }
  if (bytes > maxMailBytes) throw refusal(552, `A mail may have ${maxMailBytes} bytes.`);
  if (faults.take('temporary')) throw refusal(451, 'Not now, as you asked for.');
  const { mailFrom, rcptTo } = session.envelope;
  const envelope = { from: mailFrom ? mailFrom.address : '', to: rcptTo.map(({ address }) => address) };
  try {
    await store.add(envelope, Buffer.concat(chunks));
  } catch (error) {
    onFault(error);
    throw refusal(452, 'The mail could not be kept.');
  }
  return faults.take('drop-after-data') ? 'drop' : 'kept';
}

function drop(server: SMTPServer, session: SMTPServerSession): void {
  for (const connection of server.connections) if (connection.id === session.id) connection.close();
}

const refusal = (responseCode: number, message: string): Refusal => Object.assign(new Error(message), { responseCode });
