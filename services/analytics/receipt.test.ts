import { signToken } from '@millrace/runtime/cursor.ts';
import { describe, expect, it } from 'vitest';
import { makeReceipt, openReceipt } from './receipt.ts';

const key = 'a key of more than thirty-two characters';
const ids = ['0190b5f0-0000-7000-8000-000000000001', '0190b5f0-0000-7000-8000-000000000002'];

describe('a receipt', () => {
  it('names the batches that it was made for', () => {
    expect(openReceipt(key, makeReceipt(key, ids))).toEqual(ids);
  });
  it.each([
    ['of another key', makeReceipt(`${key}!`, ids)],
    ['with a changed letter', makeReceipt(key, ids).replace(/^./, (letter) => (letter === 'A' ? 'B' : 'A'))],
    ['that was made for another use', signToken(key, 'sites', '0190b5f00000700080000000000000001')],
    ['of nothing', signToken(key, 'receipt', '')],
    ['of half an id', signToken(key, 'receipt', '0190b5f0')],
    ['of what is no id', signToken(key, 'receipt', 'z'.repeat(32))],
    ['that is empty', ''],
    ['that is rubbish', '../../etc/passwd'],
  ])('%s is none', (_, receipt) => {
    expect(openReceipt(key, receipt)).toBeUndefined();
  });
});
