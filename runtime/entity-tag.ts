import { Problem } from './problem.ts';
import type { HeaderReader, HeaderRule } from './route.ts';

/** The header of an answer that shows one thing in this version. */
export const etag = (version: number): { etag: string } => ({ etag: `"${version}"` });

/** `If-Match` in the documents of a route that reads it. */
export const ifMatchHeader = (isRequired: boolean): Record<string, HeaderRule> => ({
  'If-Match': {
    description: 'The ETag of what was read: the write is refused when it was changed since.',
    isRequired,
  },
});

/**
 * Refuses a write for a version that is not the present one; nothing is refused without If-Match. `version` is missing where
 * the thing is.
 * @throws Problem 412 when If-Match names other versions only.
 */
export function checkIfMatch(headers: HeaderReader, version: number | undefined): void {
  const wanted = headers.get('if-match');
  if (wanted === null) return;
  const tags = wanted.split(',').map((tag) => tag.trim());
  if (version !== undefined && (tags.includes('*') || tags.includes(`"${version}"`))) return;
  const detail = version === undefined ? 'There is nothing here yet.' : 'This was changed since. Read it again.';
  throw new Problem(412, 'precondition-failed', detail);
}
