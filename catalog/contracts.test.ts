import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { JsonSchema } from './compatibility.ts';
import { breakingChanges } from './compatibility.ts';
import { allContracts, contractFaults, contractFile, publishedContract } from './contracts.ts';
import { defineEvent } from './event.ts';

const folder = join(import.meta.dirname, 'published');
const before = z.object({
  id: z.uuid(),
  state: z.enum(['open', 'shut']),
  count: z.int().max(10),
  note: z.string().optional(),
  lines: z.array(z.object({ sku: z.string() })),
});
const shape = before.shape;
const schema = (object: z.ZodObject) => z.toJSONSchema(object, { io: 'input' }) as JsonSchema;

describe('a contract', () => {
  it('is published as it stands in the catalog', () => {
    const contracts = allContracts();
    expect(contracts.length).toBeGreaterThanOrEqual(15);
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(contracts.map(contractFile)));
    for (const contract of contracts) {
      const published = JSON.parse(readFileSync(join(folder, contractFile(contract)), 'utf8')) as JsonSchema;
      expect(published).toEqual(JSON.parse(JSON.stringify(publishedContract(contract))));
    }
  });

  it('may gain an optional field', () => {
    expect(breakingChanges(schema(before), schema(before.extend({ colour: z.string().optional() })))).toEqual([]);
  });

  it.each([
    ['loses a field', before.omit({ note: true }), '/note'],
    ['gains a required field', before.extend({ colour: z.string() }), '/colour'],
    ['makes a field required', before.extend({ note: z.string() }), '/note'],
    ['makes a field optional', before.extend({ id: z.uuid().optional() }), '/id'],
    ['changes a type', before.extend({ count: z.string() }), '/count'],
    ['widens an enum', before.extend({ state: z.enum(['open', 'shut', 'ajar']) }), '/state'],
    ['narrows an enum', before.extend({ state: z.enum(['open']) }), '/state'],
    ['moves a limit', before.extend({ count: z.int().max(20) }), '/count'],
    ['changes an item', z.object({ ...shape, lines: z.array(z.object({ sku: z.int() })) }), '/lines/*/sku'],
  ])('is broken when it %s', (_, after, pointer) => {
    const changes = breakingChanges(schema(before), schema(after));
    expect(changes.map((change) => change.pointer)).toContain(pointer);
  });

  it('says where it is broken and what to do', () => {
    const published = publishedContract(defineEvent('DoorMoved', { publisher: 'door', version: 1, data: before }));
    const broken = defineEvent('DoorMoved', { publisher: 'door', version: 1, data: before.omit({ id: true }) });
    expect(contractFaults(broken, published)).toEqual([
      'catalog/events/door.ts DoorMoved /id: E100 the field is gone. Fix: take it back, or publish it as version 2.',
    ]);
    expect(contractFaults({ ...broken, version: 2 }, undefined)).toEqual([]);
  });
});
