import type { Keyring } from '@millrace/runtime/keyring.ts';
import { Problem } from '@millrace/runtime/problem.ts';
import type { Route } from '@millrace/runtime/route.ts';
import { defineRoute, json } from '@millrace/runtime/route.ts';
import { z } from 'zod';
import type { ReceiptState } from './receipt.ts';
import { openReceipt } from './receipt.ts';

const maxReceiptChars = 8_000;

const receiptSchema = z.object({
  receipt: z.string(),
  state: z.enum(['queued', 'stored', 'dead']),
  reason: z.string().optional(),
  storedAt: z.iso.datetime().optional(),
});

/** What became of a 202. The receipt itself is the secret that allows to ask. */
export function receiptRoutes(parts: {
  signingKeys: Keyring;
  readState: (ids: readonly string[]) => Promise<ReceiptState>;
}): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/analytics/receipts/:receipt',
      operationId: 'readReceipt',
      summary: 'Tells whether the events of a 202 are queued, stored or dead.',
      policy: 'public',
      cors: 'any',
      params: z.object({ receipt: z.string().max(maxReceiptChars) }),
      responses: { 200: { description: 'The state.', schema: receiptSchema } },
      handle: async ({ params }) => {
        const ids = await openReceipt(parts.signingKeys, params.receipt);
        if (!ids) throw new Problem(404, 'not-found', 'There is no such receipt.');
        return json(200, { receipt: params.receipt, ...(await parts.readState(ids)) });
      },
    }),
  ];
}
