import { z } from 'zod';
import type { EventContract } from './event.ts';
import { typeOnBus } from './event.ts';

/** JSON Schema as far as zod writes it. */
interface SampleSchema {
  const?: unknown;
  enum?: readonly unknown[];
  anyOf?: readonly SampleSchema[];
  type?: string;
  format?: string;
  pattern?: string;
  minLength?: number;
  minItems?: number;
  minimum?: number;
  properties?: Record<string, SampleSchema>;
  items?: SampleSchema;
}

/** Of every format that events use, a text that has it. */
const formats: Record<string, string> = {
  uuid: '01890000-0000-7000-8000-000000000000',
  'date-time': '2026-01-02T03:04:05Z',
  date: '2026-01-02',
  email: 'sample@millrace.example',
  uri: 'https://millrace.example/sample',
};

/**
 * An event as EventBridge would hand it out, made from its contract alone: always the same, and right by its own schema.
 * @throws RangeError when no sample can be made; the message names the field.
 */
export function sampleEvent(contract: EventContract): Record<string, unknown> {
  const data = sampleOf(z.toJSONSchema(contract.data, { io: 'input' }) as SampleSchema);
  const checked = contract.data.safeParse(data);
  if (!checked.success) {
    const field = checked.error.issues[0]?.path.join('.') ?? '';
    throw new RangeError(`no sample of ${contract.name} can be made: ${field} has a form that catalog/sample.ts lacks`);
  }
  return {
    version: '0',
    id: formats['uuid'],
    'detail-type': typeOnBus(contract),
    source: contract.source,
    account: '111122223333',
    time: formats['date-time'],
    region: 'us-east-1',
    resources: [],
    detail: contract.isForeign ? data : detailOf(contract, data),
  };
}

const detailOf = ({ version }: EventContract, data: unknown): Record<string, unknown> => ({
  id: formats['uuid'],
  version,
  occurredAt: formats['date-time'],
  aggregateId: 'sample',
  aggregateVersion: 1,
  correlationId: 'sample',
  data,
});

/** The smallest value of a schema, with every property. */
function sampleOf(schema: SampleSchema): unknown {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf?.[0]) return sampleOf(schema.anyOf[0]);
  if (schema.type === 'string') return sampleText(schema);
  if (schema.type === 'integer' || schema.type === 'number') return Math.max(schema.minimum ?? 0, 1);
  if (schema.type === 'boolean') return true;
  if (schema.type === 'array') {
    return Array.from({ length: schema.minItems ?? 0 }, () => sampleOf(schema.items ?? {}));
  }
  if (schema.type !== 'object') return null;
  return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([key, value]) => [key, sampleOf(value)]));
}

function sampleText({ format, pattern, minLength = 0 }: SampleSchema): string {
  const known = formats[format ?? ''];
  if (known !== undefined) return known;
  return pattern === undefined ? 'x'.repeat(Math.max(minLength, 1)) : textOfPattern(pattern);
}

/** A text of a simple pattern: letters, classes such as `[0-9a-f]`, and counts. Anything else gives a text that is refused later. */
function textOfPattern(pattern: string): string {
  const parts = pattern.replace(/^\^|\$$/g, '').matchAll(/(\[[^\]]+\]|\\?.)(?:\{(\d+)(?:,\d*)?\}|([*+?]))?/g);
  return [...parts]
    .map(([, atom = '', count, sign]) => letterOf(atom).repeat(Number(count ?? (sign === '+' ? 1 : sign ? 0 : 1))))
    .join('');
}

function letterOf(atom: string): string {
  if (atom.startsWith('[')) return atom.charAt(1);
  return atom === '\\d' ? '0' : atom.replace(/^\\/, '');
}
