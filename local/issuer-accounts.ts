import { createHash } from 'node:crypto';
import { formatUuid } from '@millrace/runtime/ports.ts';
import { z } from 'zod';
import { developer } from './developer.ts';
import { readJson, writeAtomically } from './disk-state.ts';

const maxAccounts = 1_000;

export const accountForm = z.strictObject({
  name: z.string().trim().min(1, 'Write a name.').max(80, 'A name may have 80 characters.'),
  email: z.email('Write an e-mail address, such as ada@example.com.').max(254),
});

const account = z.object({ sub: z.string(), name: z.string(), email: z.string() });
export type Account = z.output<typeof account>;

/** The accounts of this machine. */
export interface Accounts {
  /** The last used first. */
  list(): readonly Account[];
  find(sub: string): Account | undefined;
  /** The account of an e-mail address, made when it is new. */
  add(facts: { name: string; email: string }): Promise<Account>;
  touch(sub: string): Promise<void>;
}

/** Reads the accounts from a file; the developer's is always there. */
export async function openAccounts(path: string): Promise<Accounts> {
  const saved = z.array(account).safeParse(await readJson(path));
  let accounts: Account[] = saved.success ? saved.data : [];
  if (!accounts.some((one) => one.sub === developer.sub)) accounts.push(developer);
  const save = async (next: Account[]): Promise<void> => {
    accounts = next.slice(0, maxAccounts);
    await writeAtomically(path, JSON.stringify(accounts));
  };
  const toFront = (one: Account): Promise<void> => save([one, ...accounts.filter((other) => other.sub !== one.sub)]);
  return {
    list: () => accounts,
    find: (sub) => accounts.find((one) => one.sub === sub),
    add: async ({ name, email }) => {
      const known = accounts.find((one) => one.email.toLowerCase() === email.toLowerCase());
      const one = { sub: known?.sub ?? subjectOf(email), name, email };
      await toFront(one);
      return one;
    },
    touch: async (sub) => {
      const one = accounts.find((other) => other.sub === sub);
      if (one && accounts[0] !== one) await toFront(one);
    },
  };
}

/** The same address has the same account, also after the data folder was removed. */
function subjectOf(email: string): string {
  return formatUuid(createHash('sha256').update(`millrace-local:${email.toLowerCase()}`).digest(), 8);
}
