import type { JsonSchema } from '@millrace/catalog/compatibility.ts';
import { breakingChanges } from '@millrace/catalog/compatibility.ts';
import { fieldChanges } from './field-changes.ts';

/** What became of a published contract. */
export interface ContractChange {
  /** `OrderPlaced.v1` */
  contract: string;
  change: 'added' | 'deleted' | 'changed';
  /** What old readers, or readers of old events, would stumble over; `/` is the whole. */
  breaks: { pointer: string; reason: string }[];
}

/** Compares published contracts by their file: broken ones first. */
export function contractChanges(
  before: ReadonlyMap<string, JsonSchema>,
  after: ReadonlyMap<string, JsonSchema>,
): ContractChange[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  const changes = names.flatMap((contract): ContractChange[] => {
    const [published, next] = [before.get(contract), after.get(contract)];
    if (!published) return [{ contract, change: 'added', breaks: [] }];
    if (!next) {
      const reason = 'the event is gone; whoever still sends or reads it is left alone';
      return [{ contract, change: 'deleted', breaks: [{ pointer: '/', reason }] }];
    }
    const breaks = breakingChanges(published, next).map(({ pointer, reason }) => ({ pointer: pointer || '/', reason }));
    return breaks.length > 0 || fieldChanges(published, next).length > 0
      ? [{ contract, change: 'changed', breaks }]
      : [];
  });
  return [...changes.filter(({ breaks }) => breaks.length > 0), ...changes.filter(({ breaks }) => breaks.length === 0)];
}
