import { randomUUIDv7 } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { onDisk } from '../fault.ts';
import { readMail } from './read-mail.ts';

const ending = '.mail';
const unfinished = '.part';
/** The first line of a file is at most so long: a thousand recipients would not fit, and the server takes no more than 50. */
const maxFactsBytes = 32 * 1024;
const formOfId = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const mailFacts = z.object({
  id: z.string().regex(formOfId),
  at: z.iso.datetime(),
  from: z.string(),
  to: z.array(z.string()),
  subject: z.string(),
  messageId: z.string().nullable(),
  bytes: z.int(),
});
/** What is known of a mail without opening it: who it really went from and to, and what its header says. */
export type MailFacts = z.output<typeof mailFacts>;

export interface MailStore {
  /** Keeps a mail. Once this settles it outlives this process and the machine's next crash. */
  add(envelope: { from: string; to: string[] }, raw: Buffer): Promise<MailFacts>;
  /** The newest first. */
  list(question: { to?: string | undefined; before?: string | undefined; limit: number }): MailFacts[];
  find(id: string): Promise<{ facts: MailFacts; raw: Buffer } | undefined>;
  readonly size: number;
}

/** Opens a folder with a file for each mail: a line of JSON, then the mail as it came. Only the newest `maxMails` stay. */
export async function openMailStore(
  folder: string,
  options: { maxMails: number; now: () => Date },
): Promise<MailStore> {
  const { maxMails, now } = options;
  await onDisk(folder, () => mkdir(folder, { recursive: true, mode: 0o700 }));
  // By id, which begins with the time: a Map keeps the order in which mails came.
  const known = new Map((await readFacts(folder)).map((facts) => [facts.id, facts]));
  const pathOf = (id: string): string => join(folder, id + ending);
  const dropOldest = async (): Promise<void> => {
    for (const id of known.keys()) {
      if (known.size <= maxMails) return;
      known.delete(id);
      await rm(pathOf(id), { force: true });
    }
  };
  await dropOldest();
  return {
    add: async (envelope, raw) => {
      const { subject, messageId } = await readMail(raw);
      const facts = { id: randomUUIDv7(), at: now().toISOString(), ...envelope, subject, messageId, bytes: raw.length };
      await onDisk(folder, () => writeDurably(folder, pathOf(facts.id), [`${JSON.stringify(facts)}\n`, raw]));
      known.set(facts.id, facts);
      await dropOldest();
      return facts;
    },
    list: ({ to, before, limit }) => {
      const wanted = to?.toLowerCase();
      const isWanted = (facts: MailFacts): boolean =>
        (before === undefined || facts.id < before) &&
        (wanted === undefined || facts.to.some((address) => address.toLowerCase() === wanted));
      return [...known.values()].filter(isWanted).reverse().slice(0, limit);
    },
    find: async (id) => {
      const facts = known.get(id);
      if (!facts) return undefined;
      const bytes = await readFile(pathOf(id)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      return bytes && { facts, raw: bytes.subarray(bytes.indexOf('\n') + 1) };
    },
    get size() {
      return known.size;
    },
  };
}

async function writeDurably(folder: string, path: string, parts: readonly (string | Buffer)[]): Promise<void> {
  const aside = path + unfinished;
  const file = await open(aside, 'w', 0o600);
  try {
    for (const part of parts) await file.writeFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(aside, path);
  const directory = await open(folder, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** What is there, the oldest first. What a kill left half-written was never acknowledged. */
async function readFacts(folder: string): Promise<MailFacts[]> {
  const names = (await readdir(folder)).sort();
  const found: MailFacts[] = [];
  for (const name of names) {
    if (name.endsWith(unfinished)) await rm(join(folder, name), { force: true });
    if (!name.endsWith(ending)) continue;
    const facts = await firstLine(join(folder, name));
    if (facts && name === facts.id + ending) found.push(facts);
  }
  return found;
}

/** @returns nothing for a file that somebody damaged: it is left alone and not shown. */
async function firstLine(path: string): Promise<MailFacts | undefined> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(maxFactsBytes), 0, maxFactsBytes, 0);
    const end = buffer.subarray(0, bytesRead).indexOf('\n');
    return end < 0 ? undefined : mailFacts.parse(JSON.parse(buffer.toString('utf8', 0, end)));
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}
