import { isAlternatives, uploadPrefix } from '@millrace/catalog/event-pattern.ts';
import type { ContentFilter, Service, Subscription } from '@millrace/catalog/service.ts';

/** What a subscription leaves in, in words: nothing for one that takes everything. */
export function filterWords({ filter, bucket }: Pick<Subscription, 'filter' | 'bucket'>, service: Service): string[] {
  if (bucket !== undefined) return [`it is in bucket ${bucket} below ${uploadPrefix(bucket, service)}`];
  return filter ? fieldWords(filter, []) : [];
}

function fieldWords(filter: ContentFilter, path: readonly string[]): string[] {
  return Object.entries(filter).flatMap(([field, wanted]) => {
    const below = [...path, field];
    if (!isAlternatives(wanted)) return fieldWords(wanted, below);
    return [`${below.join('.')} ${wanted.map(alternativeWords).join(' or ')}`];
  });
}

const operatorWords: Record<string, (operand: unknown) => string> = {
  prefix: (operand) => `begins with ${String(operand)}`,
  numeric: (operand) => pairs(operand as unknown[]).join(' and '),
  exists: (operand) => (operand === true ? 'is there' : 'is not there'),
  'anything-but': (operand) => `is not ${[operand].flat().map(String).join(' or ')}`,
};

function alternativeWords(written: unknown): string {
  const [entry] = typeof written === 'object' && written !== null ? Object.entries(written) : [];
  return entry ? (operatorWords[entry[0]]?.(entry[1]) ?? JSON.stringify(written)) : `is ${String(written)}`;
}

const pairs = (words: readonly unknown[]): string[] =>
  words.flatMap((word, index) => (index % 2 === 0 ? [`${String(word)} ${String(words[index + 1])}`] : []));
