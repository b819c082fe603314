import type { NoticeFacts } from './notice.ts';
import { wordingOf } from './wording.ts';

const namedRows = 3;

/** A notice as the page shows it: a title and a few sentences, as plain text. */
export function pageText(facts: NoticeFacts, orderId: string | null): { subject: string; text: string } {
  const { subject, paragraphs, table } = wordingOf(facts, orderId);
  if (!table) return { subject, text: paragraphs.join(' ') };
  const named = table.rows.slice(0, namedRows).map(({ what }) => what);
  const left = table.rows.length - named.length;
  const list = left > 0 ? `${named.join(', ')} …` : named.join(', ');
  return { subject, text: `${paragraphs.join(' ')} ${list}: ${table.total} in all.` };
}
