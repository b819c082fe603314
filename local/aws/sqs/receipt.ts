import { invalidReceiptHandle } from './errors.ts';
import type { Receipt } from './messages.ts';

export const handleOf = (receipt: Receipt): string =>
  Buffer.from(`${receipt.queue}/${receipt.id}/${receipt.receives}/${receipt.messageId}`).toString('base64');

/** Reads a receipt handle of this queue. */
export function receiptOf(handle: string, queueId: number): Receipt {
  const text = /^[A-Za-z0-9+/]{20,200}={0,2}$/.test(handle) ? Buffer.from(handle, 'base64').toString('latin1') : '';
  const parts = /^([0-9]{1,15})\/([0-9]{1,15})\/([0-9]{1,9})\/([0-9a-f-]{36})$/.exec(text);
  if (parts === null || Number(parts[1]) !== queueId) throw invalidReceiptHandle(handle);
  return { queue: queueId, id: Number(parts[2]), receives: Number(parts[3]), messageId: parts[4] ?? '' };
}
