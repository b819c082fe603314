import { addressDigits } from './pattern-address.ts';
import { InvalidPatternError } from './pattern-error.ts';
import { comparableNumber } from './pattern-number.ts';

/** One alternative of a field in a pattern. Texts carry the quotes of JSON strings: a number never equals a string. */
export type ValuePattern =
  | { type: 'exact'; text: string }
  | { type: 'number'; comparable: string }
  | { type: 'prefix' | 'suffix'; text: string }
  | { type: 'ignore-case'; at: 'all' | 'start' | 'end'; text: string; test: TextTest }
  | { type: 'wildcard'; text: string; test: TextTest }
  | { type: 'range'; of: 'address' | 'number'; bottom: string; openBottom: boolean; top: string; openTop: boolean }
  | { type: 'exists' }
  | { type: 'absent' }
  | { type: 'anything-but'; numeric: boolean; texts: string[] }
  | { type: 'anything-but-affix'; at: 'start' | 'end'; texts: string[] }
  | { type: 'anything-but-test'; of: 'ignore-case' | 'wildcard'; texts: string[]; tests: TextTest[] };

type TextTest = (text: string) => boolean;

/** Patterns with the same identity lead to the same state. */
export function identityOf(pattern: ValuePattern): string {
  return JSON.stringify('texts' in pattern ? { ...pattern, texts: [...new Set(pattern.texts)].sort() } : pattern);
}

/** What a text is compared as. A field with a numeric pattern reads numbers by value and everything else as text. */
export type Reading = { as: 'address' | 'number' | 'text'; text: string };

/** How a field with these patterns reads a value. */
export function readings(value: string, reads: { addresses: boolean; numbers: boolean }): Reading[] {
  const found: Reading[] = [];
  if (reads.addresses) {
    const digits = addressDigits(unquoted(value));
    if (digits !== undefined) found.push({ as: 'address', text: digits });
  }
  const comparable = reads.numbers ? comparableNumber(value) : undefined;
  found.push(comparable === undefined ? { as: 'text', text: value } : { as: 'number', text: comparable });
  return found;
}

const unquoted = (value: string): string =>
  value.length > 1 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;

/** Whether one reading of a value satisfies a pattern. */
export function accepts(pattern: ValuePattern, { as, text }: Reading): boolean {
  switch (pattern.type) {
    case 'exact':
      return text === pattern.text;
    case 'number':
      return as === 'number' && text === pattern.comparable;
    case 'prefix':
      return text.startsWith(pattern.text);
    case 'suffix':
      return text.endsWith(pattern.text);
    case 'ignore-case':
    case 'wildcard':
      return pattern.test(text);
    case 'range':
      return (as === 'number') === (pattern.of === 'number') && isWithin(text, pattern);
    case 'exists':
      return true;
    case 'absent':
      return false;
    case 'anything-but':
      return as !== 'address' && !(pattern.numeric === (as === 'number') && pattern.texts.includes(text));
    case 'anything-but-affix':
      if (as === 'address') return false;
      return !pattern.texts.some((affix) => (pattern.at === 'start' ? text.startsWith(affix) : text.endsWith(affix)));
    case 'anything-but-test':
      return as !== 'address' && !pattern.tests.some((test) => test(text));
  }
}

/** Digit by digit: the first digit that lies strictly inside decides, whatever follows it. */
function isWithin(text: string, range: ValuePattern & { type: 'range' }): boolean {
  const last = range.bottom.length - 1;
  let side: 'both' | 'bottom' | 'top' = 'both';
  for (let index = 0; index <= last && index < text.length; index += 1) {
    const digit = text.charAt(index);
    const low = range.bottom.charAt(index);
    const high = range.top.charAt(index);
    if (range.of === 'address' && !/[0-9A-F]/.test(digit)) return false;
    if (side === 'both') {
      if (low === high && digit === low && index < last) continue;
      if (low === high && digit === low) return !range.openBottom;
      if (low === high || digit < low || digit > high) return false;
      if (digit > low && digit < high) return true;
      side = digit === low ? 'bottom' : 'top';
    } else if (side === 'bottom') {
      if (digit !== low) return digit > low;
    } else if (digit !== high) return digit < high;
    if (index === last) return side === 'bottom' ? !range.openBottom : !range.openTop;
  }
  return false;
}

/** A wildcard: `*` is any text, `\\*` and `\\\\` are themselves. Throws InvalidPatternError for a bad one. Takes linear time for each `*`. */
export function wildcardTest(pattern: string): TextTest {
  const parts = [''];
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern.charAt(index);
    const next = pattern.charAt(index + 1);
    if (character === '*') {
      if (next === '*') throw new InvalidPatternError(`Consecutive wildcard characters at pos ${index}`);
      parts.push('');
    } else if (character === '\\') {
      if (next !== '*' && next !== '\\') throw new InvalidPatternError(`Invalid escape character at pos ${index}`);
      parts.push(`${parts.pop()}${next}`);
      index += 1;
    } else {
      parts.push(`${parts.pop()}${character}`);
    }
  }
  return (text) => hasParts(text, parts);
}

function hasParts(text: string, parts: string[]): boolean {
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let position = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, position);
    if (found < 0) return false;
    position = found + part.length;
  }
  return text.length - last.length >= position && text.endsWith(last);
}

/** Each UTF-16 unit matches its own lower and upper case only, as AWS's matcher does it; half a pair is a "?". */
export function ignoreCaseTest(text: string, at: 'all' | 'start' | 'end'): TextTest {
  let expression = at === 'end' ? '' : '^';
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    const lower = character.toLowerCase();
    const upper = character.toUpperCase();
    if (/[\ud800-\udfff]/.test(character)) expression += '\\?';
    else if (lower === upper) expression += RegExp.escape(lower);
    else expression += `(?:${RegExp.escape(lower)}|${RegExp.escape(upper)})`;
  }
  const compiled = new RegExp(at === 'start' ? expression : `${expression}$`);
  return (value) => compiled.test(value);
}
