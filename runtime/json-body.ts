import type { ParseError } from 'jsonc-parser';
import { parse as parseTolerant, visit } from 'jsonc-parser';
import type { Violation } from './problem.ts';
import { Problem } from './problem.ts';

/** Limits of a JSON text beyond its bytes. */
const maxDepth = 32;
const maxItems = 10_000;

// Looked for before anything costs time. JSON itself has no raw control characters, and decoded UTF-8 no lone surrogates.
const suspicious = /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]|\\u/;
// Not in a UUID or a date: there a digit or letter stands before the hyphen.
const negativeZero = /[[:,\s]-0/;
const controlCharacter = /(?![\t\n\r])\p{Cc}/u;
const bidirectionalControl = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/**
 * Parses a JSON text strictly: no duplicate keys (parsers disagree about them), no `__proto__`, bounded depth and size,
 * no control characters, bidirectional controls or lone surrogates in strings, no negative zero.
 * @throws Problem 400 for a text that is not such JSON, 422 for values that are well-formed and refused.
 */
export function parseJsonBody(text: string): unknown {
  if (text.trim() === '') throw new Problem(400, 'body-required', 'This request needs a JSON body.');
  const shape = scan(text);
  if (shape.depth > maxDepth) throw new Problem(400, 'too-deep', `JSON may be nested ${maxDepth} levels deep.`);
  if (shape.items > maxItems) throw new Problem(400, 'too-many-items', `JSON may hold ${maxItems} values.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed(text);
  }
  if (shape.colons !== countKeys(value) || text.includes('__proto__')) refuseKeys(text);
  if (suspicious.test(text) || negativeZero.test(text)) refuseValues(text);
  return value;
}

function scan(text: string): { depth: number; items: number; colons: number } {
  let depth = 0;
  let deepest = 0;
  let items = 1;
  let colons = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 34) index = endOfString(text, index);
    else if (code === 58) colons += 1;
    else if (code === 44) items += 1;
    else if (code === 123 || code === 91) {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (code === 125 || code === 93) depth -= 1;
  }
  return { depth: deepest, items, colons };
}

function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (quote >= 0 && isEscaped(text, quote)) quote = text.indexOf('"', quote + 1);
  return quote < 0 ? text.length : quote;
}

function isEscaped(text: string, quote: number): boolean {
  let before = quote;
  while (text.charCodeAt(before - 1) === 92) before -= 1;
  return (quote - before) % 2 === 1;
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value)) {
    let count = 0;
    for (const item of value) count += countKeys(item);
    return count;
  }
  let count = 0;
  for (const key of Object.keys(value)) count += 1 + countKeys((value as Record<string, unknown>)[key]);
  return count;
}

function malformed(text: string): Problem {
  const errors: ParseError[] = [];
  parseTolerant(text, errors, { allowTrailingComma: false, disallowComments: true });
  const offset = Buffer.byteLength(text.slice(0, errors[0]?.offset ?? 0));
  return new Problem(400, 'malformed-json', `The body is not JSON: see byte ${offset}.`);
}

function refuseKeys(text: string): void {
  const stack: Set<string>[] = [];
  visit(text, {
    onObjectBegin: () => {
      stack.push(new Set());
    },
    onObjectEnd: () => {
      stack.pop();
    },
    onObjectProperty: (name, offset, _length, _line, _column, path) => {
      const pointer = toPointer([...path(), name]);
      if (stack.at(-1)?.has(name)) {
        throw new Problem(
          400,
          'duplicate-key',
          `The key at ${pointer} stands twice (byte ${byteOffset(text, offset)}).`,
        );
      }
      if (name === '__proto__') throw invalid({ pointer, code: 'unknown-field', message: 'There is no such field.' });
      stack.at(-1)?.add(name);
    },
  });
}

function refuseValues(text: string): void {
  const check = (value: unknown, path: (string | number)[]): void => {
    const fault = faultOf(value);
    if (fault) throw invalid({ pointer: toPointer(path), ...fault });
  };
  visit(text, {
    onObjectProperty: (name, _offset, _length, _line, _column, path) => check(name, [...path(), name]),
    onLiteralValue: (value, _offset, _length, _line, _column, path) => check(value, path()),
  });
}

function faultOf(value: unknown): Omit<Violation, 'pointer'> | undefined {
  if (Object.is(value, -0)) return { code: 'integer', message: 'Negative zero is not taken: write 0.' };
  if (typeof value !== 'string') return undefined;
  if (!value.isWellFormed()) return { code: 'invalid-unicode', message: 'The text has half of a surrogate pair.' };
  if (controlCharacter.test(value)) return { code: 'control-character', message: 'Control characters are not taken.' };
  if (bidirectionalControl.test(value)) {
    return { code: 'control-character', message: 'Characters that change the direction of text are not taken.' };
  }
  return undefined;
}

const byteOffset = (text: string, offset: number): number => Buffer.byteLength(text.slice(0, offset));

function invalid(violation: Violation): Problem {
  return new Problem(422, violation.code, 'The body is not valid.', { errors: [violation] });
}

/** Writes a path as an RFC 6901 JSON pointer. */
export function toPointer(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
