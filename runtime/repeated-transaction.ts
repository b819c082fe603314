import type { Database, Transaction } from './database.ts';
import { isWorthRepeating } from './database-fault.ts';
import { Problem } from './problem.ts';

const attempts = 3;

/**
 * Runs a request's work in a transaction, and again where the database asks for it: a deadlock, or a serialisation failure.
 * @throws Problem 409 after three attempts.
 */
export async function inTransaction<Result>(
  { db }: Pick<Database, 'db'>,
  work: (tx: Transaction) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await db.transaction(work);
    } catch (error) {
      if (!isWorthRepeating(error)) throw error;
      if (attempt >= attempts) {
        const options = { headers: { 'retry-after': '1' }, cause: error };
        throw new Problem(409, 'conflict', 'Others write the same at this moment. Try again.', options);
      }
    }
  }
}
