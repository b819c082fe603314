import { createHash } from 'node:crypto';
import { customType, index, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import type postgres from 'postgres';
import { Problem } from './problem.ts';
import type { HeaderReader, HeaderRule } from './route.ts';

const bytes = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' });

/** Writes that a caller may repeat: what was asked under a key, and what it made. Created by runtime/migrations. */
export const idempotencyKeyTable = pgTable(
  'idempotency_key',
  {
    /** Who asks; with the key it is unique. */
    caller: text().notNull(),
    key: text().notNull(),
    requestHash: bytes('request_hash').notNull(),
    /** What the repeated request is answered with: the id of what was made, or the answer's JSON. */
    result: text().notNull(),
    createdAt: timestamp('created_at', { withTimezone: true, mode: 'date' }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ name: 'idempotency_key_pkey', columns: [table.caller, table.key] }),
    index('idempotency_key_created').using('brin', table.createdAt),
  ],
);

const form = /^[!-~]{1,64}$/;

/** `Idempotency-Key` in the documents of a route that reads it. */
export const idempotencyKeyHeader = (isRequired: boolean): Record<string, HeaderRule> => ({
  'Idempotency-Key': {
    description:
      'Chosen by the caller, new for each write (a UUID, say), and the same when the write is repeated: it is done once.',
    isRequired,
    pattern: form.source,
  },
});

/** Longer than any client repeats a request. */
const keepDays = 7;
const dayMs = 86_400_000;

/**
 * Reads `Idempotency-Key`: 1 to 64 visible ASCII characters, chosen by the caller for one write.
 * @throws Problem 400 when it is missing, 422 when it has not that form.
 */
export function readIdempotencyKey(headers: HeaderReader): string {
  const key = headers.get('idempotency-key');
  if (key === null || key === '') {
    const detail =
      'Send Idempotency-Key with a new value (a UUID, say) for each write, and the same one when you repeat it.';
    throw new Problem(400, 'idempotency-key-required', detail);
  }
  if (form.test(key)) return key;
  throw new Problem(422, 'idempotency-key', 'Idempotency-Key has 1 to 64 visible ASCII characters.');
}

/** What a request asks for, as a digest: the same key with another digest is another write. */
export function requestHash(route: string, body: unknown): Buffer {
  return createHash('sha256').update(route).update('\0').update(JSON.stringify(body)).digest();
}

/** @throws always: the key was used for another write. */
export function refuseOtherRequest(): never {
  throw new Problem(422, 'idempotency-mismatch', 'This Idempotency-Key was used for another request. Take a new one.');
}

/** 409: a request with this key runs at this moment. */
export function stillRunning(): Problem {
  return new Problem(
    409,
    'idempotency-in-progress',
    'A request with this Idempotency-Key is running. Repeat it soon.',
    {
      headers: { 'retry-after': '1' },
    },
  );
}

/** Removes keys that nobody repeats any more, at most `limit`. Returns how many went. */
export async function purgeIdempotencyKeys(sql: postgres.ISql, options: { now: Date; limit: number }): Promise<number> {
  const before = new Date(options.now.getTime() - keepDays * dayMs);
  const gone = await sql`
    delete from idempotency_key
    where ctid = any(array(select ctid from idempotency_key where created_at < ${before} limit ${options.limit}))`;
  return gone.count;
}
