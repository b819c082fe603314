import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { EventContract } from './event.ts';
import { defineEvent, eventDetail } from './event.ts';
import { sampleEvent } from './sample.ts';
import { services } from './services.ts';

const contracts: EventContract[] = services.flatMap(({ publishes }) => publishes);
const event = (shape: z.ZodRawShape) => defineEvent('Tried', { publisher: 'order', version: 1, data: z.object(shape) });

describe('a sample', () => {
  it.each(contracts)('of $name is right by its own schema and by the envelope, twice the same', (contract) => {
    const sample = sampleEvent(contract);
    const { data } = eventDetail.parse(sample['detail']);
    expect(contract.data.safeParse(data).success).toBe(true);
    expect(sampleEvent(contract)).toEqual(sample);
  });

  it('has what simple patterns ask for', () => {
    const data = {
      code: z.string().regex(/^[A-Z]{3}-\d{4}$/),
      hex: z.string().regex(/^[0-9a-f]+$/),
      word: z.string().min(5),
      flag: z.literal(true),
    };
    expect(sampleEvent(event(data))).toMatchObject({
      detail: { data: { code: 'AAA-0000', hex: '0', word: 'xxxxx', flag: true } },
    });
  });

  it('of a form that it lacks is refused with the field', () => {
    const odd = event({ code: z.string().regex(/^(?=.*7)[a-z7]{3}$/) });
    expect(() => sampleEvent(odd)).toThrow('no sample of Tried can be made: code has a form');
  });
});
