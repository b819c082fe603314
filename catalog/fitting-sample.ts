import type { EventContract } from './event.ts';
import { isAlternatives, memberOf } from './event-pattern.ts';
import { readAlternative } from './pattern-operator.ts';
import { sampleEvent } from './sample.ts';
import type { ContentFilter } from './service.ts';

/**
 * A sample of an event whose `detail` fits a filter, or undefined when the contract has none.
 * @throws RangeError when no sample of the contract can be made at all.
 */
export function fittingSample(
  contract: EventContract,
  filter: ContentFilter | undefined,
): Record<string, unknown> | undefined {
  const sample = sampleEvent(contract);
  if (!filter) return sample;
  const detail = fitted(sample['detail'], filter);
  const data = contract.isForeign ? detail : memberOf(detail, 'data');
  return contract.data.safeParse(data).success ? { ...sample, detail } : undefined;
}

/** A value with each field of a filter changed into one that the field's first readable alternative takes. */
function fitted(value: unknown, filter: ContentFilter): unknown {
  const made: Record<string, unknown> = typeof value === 'object' && value !== null ? { ...value } : {};
  for (const [field, wanted] of Object.entries(filter)) {
    const next = isAlternatives(wanted) ? nearest(wanted, made[field]) : fitted(made[field], wanted);
    if (next === undefined) delete made[field];
    else made[field] = next;
  }
  return made;
}

/** The value itself when an alternative takes it, else what the first one makes of it. */
function nearest(wanted: readonly unknown[], value: unknown): unknown {
  const readable = wanted.flatMap((written) => {
    const read = readAlternative(written);
    return 'alternative' in read ? [read.alternative] : [];
  });
  return readable.some((alternative) => alternative.takes(value)) ? value : readable[0]?.near(value);
}
