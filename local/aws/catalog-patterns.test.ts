import type { EventContract } from '@millrace/catalog/event.ts';
import { matchesExactly, patternOf } from '@millrace/catalog/event-pattern.ts';
import { sampleEvent } from '@millrace/catalog/sample.ts';
import { services } from '@millrace/catalog/services.ts';
import { describe, expect, it } from 'vitest';
import { compilePattern } from './pattern.ts';

const contracts = services.flatMap(({ publishes }) => publishes);
const subscribed = services.flatMap(({ consumes }) => consumes.map(({ event }) => event));

/** What AWS's own matcher makes of a pattern and an event. */
const takes = (event: EventContract, sample: unknown): boolean =>
  compilePattern(JSON.stringify(patternOf(event))).matches(JSON.stringify(sample));

describe('the rules of the catalog, by the matcher that answers as AWS does', () => {
  it('each take a sample of their own event and of no other', () => {
    const taken = subscribed.map((event) =>
      contracts.filter((other) => takes(event, sampleEvent(other))).map(({ name }) => name),
    );
    expect(taken).toEqual(subscribed.map(({ name }) => [name]));
    expect(taken.length).toBeGreaterThanOrEqual(20);
  });

  it('take the next major version too, so that a consumer parks it in sight', () => {
    const next = { ...sampleEvent(contracts[0] as EventContract), version: '0', detail: { version: 2 } };
    expect(takes(contracts[0] as EventContract, next)).toBe(true);
  });

  it.each([
    ['another source', { source: 'millrace.nobody' }],
    ['no source', { source: undefined }],
    ['a source in other letters', { source: 'MILLRACE.ORDER' }],
    ['a number for a source', { source: 7 }],
    ['no name', { 'detail-type': null }],
    ['more members', { extra: true }],
  ])('agree with the shorter matcher of the catalog on an event with %s', (_, change) => {
    for (const event of contracts) {
      for (const other of contracts) {
        const sample = { ...sampleEvent(other), ...change };
        expect(matchesExactly(patternOf(event), sample)).toBe(takes(event, sample));
      }
    }
  });
});
