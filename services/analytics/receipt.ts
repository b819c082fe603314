import { openToken, signToken } from '@millrace/runtime/cursor.ts';
import type { Keyring } from '@millrace/runtime/keyring.ts';

const purpose = 'receipt';
const uuidHexChars = 32;
const maxBatches = 200;

/** What became of a 202. */
export type ReceiptState =
  | { state: 'queued' }
  | { state: 'stored'; storedAt: string }
  | { state: 'dead'; reason: string };

/** Makes the receipt of the batches that hold a request's events. */
export function makeReceipt(keys: Keyring, batchIds: readonly string[]): string {
  return signToken(keys, purpose, batchIds.map((id) => id.replaceAll('-', '')).join(''));
}

/** Makes receipts; requests that were committed in the same batch share one, which is signed once. */
export function receiptMaker(keys: Keyring): (batchIds: readonly string[]) => string {
  const last = { id: '', receipt: '' };
  return (batchIds) => {
    const [id = '', ...more] = batchIds;
    if (more.length > 0) return makeReceipt(keys, batchIds);
    if (id !== last.id) Object.assign(last, { id, receipt: makeReceipt(keys, batchIds) });
    return last.receipt;
  };
}

/** The batches of a receipt; nothing when it is not one of ours. */
export async function openReceipt(keys: Keyring, receipt: string): Promise<string[] | undefined> {
  const payload = await openToken(keys, purpose, receipt);
  if (!payload || payload.length % uuidHexChars !== 0 || payload.length > maxBatches * uuidHexChars) return undefined;
  const ids: string[] = [];
  for (let start = 0; start < payload.length; start += uuidHexChars) {
    const hex = payload.slice(start, start + uuidHexChars);
    if (!/^[0-9a-f]+$/.test(hex)) return undefined;
    ids.push(`${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`);
  }
  return ids;
}
