import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineEvent } from './event.ts';
import { takes } from './event-pattern.ts';
import { OrderPlaced } from './events/order.ts';
import { ObjectCreated } from './events/s3.ts';
import { fittingSample } from './fitting-sample.ts';
import type { ContentFilter } from './service.ts';

const Weighed = defineEvent('Weighed', {
  publisher: 'scale',
  version: 1,
  data: z.object({
    id: z.uuid(),
    unit: z.enum(['g', 'kg']),
    grams: z.int().min(5).max(20),
    note: z.string().min(3).optional(),
    isNet: z.boolean(),
    at: z.iso.datetime(),
  }),
});
const fits = (filter: ContentFilter, contract = Weighed): boolean => {
  const sample = fittingSample(contract, { data: filter });
  const pattern = { source: [contract.source], 'detail-type': [contract.name], detail: { data: filter } };
  // Whatever is given is right by the contract and taken by the rule.
  if (sample) expect(takes(pattern, sample)).toBe(true);
  return sample !== undefined;
};

describe('a sample that fits a filter', () => {
  it.each<[string, ContentFilter]>([
    ['another value of an enumeration', { unit: [{ 'anything-but': 'g' }] }],
    ['an id that begins otherwise', { id: [{ prefix: 'abcd' }] }],
    ['another id', { id: [{ 'anything-but': '01890000-0000-7000-8000-000000000000' }] }],
    ['another time', { at: [{ 'anything-but': ['2026-01-02T03:04:05Z', '2026-01-02T03:04:06Z'] }] }],
    ['a number in a range', { grams: [{ numeric: ['>', 18, '<=', 19] }] }],
    ['a number at its end', { grams: [{ numeric: ['>=', 20] }] }],
    ['an optional text that is not there', { note: [{ exists: false }] }],
    ['the one of several that can be', { unit: ['pound', 'kg'], grams: [{ numeric: ['<', 5] }, 7] }],
    ['a truth', { isNet: [false] }],
  ])('is found: %s', (_, filter) => {
    expect(fits(filter)).toBe(true);
  });

  it.each<[string, ContentFilter]>([
    ['a value beside an enumeration', { unit: ['pound'] }],
    ['all values of an enumeration but those', { unit: [{ 'anything-but': ['g', 'kg'] }] }],
    ['an id that cannot begin so', { id: [{ prefix: 'order-' }] }],
    ['a number below its least', { grams: [{ numeric: ['<', 5] }] }],
    ['the lack of what is always there', { grams: [{ exists: false }] }],
    ['a text that is too short', { note: ['ab'] }],
    ['an operator that is not known', { note: [{ suffix: 'g' }] }],
  ])('is not found: %s', (_, filter) => {
    expect(fits(filter)).toBe(false);
  });

  it('may be one of AWS, and one without a filter', () => {
    const detail = { object: { key: [{ prefix: 'user/' }] } };
    expect(fittingSample(ObjectCreated, detail)).toMatchObject({ detail: { object: { key: 'user/x' } } });
    expect(fittingSample(OrderPlaced, undefined)).toMatchObject({ 'detail-type': 'OrderPlaced' });
  });
});
