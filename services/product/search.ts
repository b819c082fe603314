/** What a person typed, taken apart for the database. */
export interface SearchTerms {
  /** Web search syntax: words, "a phrase", -not, or. */
  whole: string;
  /** The last word, which may not be typed to its end, and what stands before it. Absent where that makes no sense. */
  typing?: { before: string; start: string };
  /** Only words: then they are looked for as they stand too, and not by their stems alone. */
  isPlain: boolean;
}

const maxChars = 400;
const marks = /[\u0300-\u036f]/g;
const lastWord = /^(.*?)([\p{L}\p{N}]+)$/su;

/** Reads a search. @returns nothing when nothing was typed. */
export function readSearch(text: string | undefined): SearchTerms | undefined {
  // As the database folds names. Unfolded, one character can become many, and PostgreSQL refuses words of over 2,046 bytes.
  const whole = (text ?? '').normalize('NFKD').replace(marks, '').slice(0, maxChars).trim();
  if (whole === '') return undefined;
  const isPlain = !/["-]/.test(whole);
  const [, before = '', start] = lastWord.exec(whole) ?? [];
  const isQuoted = (before.match(/"/g)?.length ?? 0) % 2 === 1;
  const isNegated = /(^|\s)-$/.test(before);
  if (start === undefined || isQuoted || isNegated) return { whole, isPlain };
  return { whole, isPlain, typing: { before: before.trim(), start } };
}
