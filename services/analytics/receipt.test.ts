import { signToken } from '@millrace/runtime/cursor.ts';
import { keyring } from '@millrace/runtime/keyring.ts';
import { describe, expect, it } from 'vitest';
import { makeReceipt, openReceipt } from './receipt.ts';

const keys = keyring({ current: 'a key of more than thirty-two characters' });
const others = keyring({ current: 'another key of more than thirty-two characters' });
const ids = ['0190b5f0-0000-7000-8000-000000000001', '0190b5f0-0000-7000-8000-000000000002'];

describe('a receipt', () => {
  it('names the batches that it was made for', async () => {
    expect(await openReceipt(keys, makeReceipt(keys, ids))).toEqual(ids);
  });
  it.each([
    ['of another key', makeReceipt(others, ids)],
    ['with a changed letter', makeReceipt(keys, ids).replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A'))],
    ['that was made for another use', signToken(keys, 'sites', '0190b5f00000700080000000000000001')],
    ['of nothing', signToken(keys, 'receipt', '')],
    ['of half an id', signToken(keys, 'receipt', '0190b5f0')],
    ['of what is no id', signToken(keys, 'receipt', 'z'.repeat(32))],
    ['that is empty', ''],
    ['that is rubbish', '../../etc/passwd'],
  ])('%s is none', async (_, receipt) => {
    expect(await openReceipt(keys, receipt)).toBeUndefined();
  });
});
