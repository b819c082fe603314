import { z } from 'zod';
import type { EventContract } from './event.ts';
import { eventDetail } from './event.ts';
import { isAlternatives, memberOf } from './event-pattern.ts';
import type { Alternative } from './pattern-operator.ts';
import { readAlternative } from './pattern-operator.ts';
import { sampleEvent } from './sample.ts';
import type { ContentFilter } from './service.ts';

/** JSON Schema as far as filters look at it. */
export interface FieldSchema {
  type?: string;
  enum?: readonly unknown[];
  properties?: Record<string, FieldSchema>;
}

/** What stands in `detail`: our envelope with the data in it, or the data of an event of AWS. */
const detailOf = (contract: EventContract): z.ZodObject =>
  contract.isForeign ? contract.data : eventDetail.extend({ data: contract.data });

/** The fields of `detail`, as JSON Schema. */
export const detailSchema = (contract: EventContract): FieldSchema =>
  z.toJSONSchema(detailOf(contract), { io: 'input' }) as FieldSchema;

/**
 * A sample of an event whose `detail` fits a filter, or undefined when none was found that its contract allows.
 * @throws RangeError when no sample of the contract can be made at all.
 */
export function fittingSample(
  contract: EventContract,
  filter: ContentFilter | undefined,
): Record<string, unknown> | undefined {
  const sample = sampleEvent(contract);
  if (!filter) return sample;
  const schema = detailOf(contract);
  let detail = sample['detail'];
  for (const { path, wanted } of leavesOf(filter, [])) {
    const value = path.reduce(memberOf, detail);
    const options = path.reduce((at: FieldSchema, step) => at.properties?.[step] ?? {}, detailSchema(contract)).enum;
    const fitting = alternativesOf(wanted)
      .flatMap(({ takes, near }) => [value, ...(options ?? []), ...near(value)].filter(takes))
      .map((candidate) => withMember(detail, path, candidate))
      .find((candidate) => schema.safeParse(candidate).success);
    if (fitting === undefined) return undefined;
    detail = fitting;
  }
  return { ...sample, detail };
}

interface Leaf {
  path: readonly string[];
  wanted: readonly unknown[];
}

const leavesOf = (filter: ContentFilter, path: readonly string[]): Leaf[] =>
  Object.entries(filter).flatMap(([field, wanted]) => {
    const below = [...path, field];
    return isAlternatives(wanted) ? [{ path: below, wanted }] : leavesOf(wanted, below);
  });

const alternativesOf = (wanted: readonly unknown[]): Alternative[] =>
  wanted.flatMap((written) => {
    const read = readAlternative(written);
    return 'alternative' in read ? [read.alternative] : [];
  });

/** A copy with another value at a path; undefined takes the member away. */
function withMember(value: unknown, [step, ...rest]: readonly string[], member: unknown): unknown {
  if (step === undefined) return member;
  const made: Record<string, unknown> = typeof value === 'object' && value !== null ? { ...value } : {};
  const next = withMember(made[step], rest, member);
  if (next === undefined) delete made[step];
  else made[step] = next;
  return made;
}
