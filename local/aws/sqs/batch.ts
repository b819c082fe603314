import { AwsError } from '../aws-error.ts';
import type { Input } from '../input.ts';
import { batchError } from './errors.ts';

export interface BatchAnswer {
  Successful: object[];
  Failed: { Id: string; Code: string; Message: string; SenderFault: boolean }[];
}

const maxEntries = 10;

/** The entries of a batch request: one to ten, with ids that are legal and differ. */
export function readEntries(input: Input, entryType: string): [id: string, entry: Input][] {
  const entries = input.structures('Entries') ?? [];
  if (entries.length === 0) {
    throw batchError('EmptyBatchRequest', `There should be at least one ${entryType} in the request.`);
  }
  if (entries.length > maxEntries) {
    throw batchError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${maxEntries}. You have sent ${entries.length}.`,
    );
  }
  const seen = new Set<string>();
  return entries.map((entry) => {
    const id = entry.text('Id') ?? '';
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(id)) {
      throw batchError(
        'InvalidBatchEntryId',
        'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
      );
    }
    if (seen.has(id)) throw batchError('BatchEntryIdsNotDistinct', `Id ${id} repeated.`);
    seen.add(id);
    return [id, entry];
  });
}

/** Does each entry; what one entry throws is that entry's failure alone. */
export function answerEach(entries: [string, Input][], answer: (entry: Input, id: string) => object): BatchAnswer {
  const result: BatchAnswer = { Successful: [], Failed: [] };
  for (const [id, entry] of entries) {
    try {
      result.Successful.push({ Id: id, ...answer(entry, id) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      result.Failed.push({
        Id: id,
        Code: error.queryCode,
        Message: error.message,
        SenderFault: error.fault === 'Sender',
      });
    }
  }
  return result;
}
