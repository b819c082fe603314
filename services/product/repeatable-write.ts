import type { Database, Transaction } from '@millrace/runtime/database.ts';
import { readIdempotencyKey, refuseOtherRequest, requestHash, stillRunning } from '@millrace/runtime/idempotency.ts';
import { inTransaction } from '@millrace/runtime/repeated-transaction.ts';
import type { RouteRequest } from '@millrace/runtime/route.ts';
import type { IdempotentWrite } from './idempotency-store.ts';
import { keepResult, takeKey } from './idempotency-store.ts';

interface RepeatableWrite<Result> {
  /** The route's operationId: the same key on another route is another write. */
  operation: string;
  work(tx: Transaction): Promise<Result>;
}

/**
 * Runs a write once for an Idempotency-Key, where the caller sends one: repeated, it is answered as the first time.
 * @throws Problem 409 while the same write runs, 422 when the key was used for another one.
 */
export async function writeOnce<Result>(
  database: Database,
  request: RouteRequest,
  { operation, work }: RepeatableWrite<Result>,
): Promise<Result> {
  if (request.headers.get('idempotency-key') === null) return inTransaction(database, work);
  const claim: IdempotentWrite = {
    caller: request.subject.sub,
    key: readIdempotencyKey(request.headers),
    hash: requestHash(operation, [request.params, request.body]),
  };
  return inTransaction(database, async (tx) => {
    const known = await takeKey(tx, claim);
    if (known.known === 'running') throw stillRunning();
    if (known.known === 'other') return refuseOtherRequest();
    if (known.known === 'same') return JSON.parse(known.result) as Result;
    const result = await work(tx);
    await keepResult(tx, { ...claim, result: JSON.stringify(result) });
    return result;
  });
}
