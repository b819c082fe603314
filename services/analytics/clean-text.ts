/** Why a text may not be stored. */
export type TextFault = 'control-character' | 'invalid-unicode';

const plain = /^[\x20-\x7e]*$/;
// Control characters, and the bidirectional controls that make a text read as another.
const control = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/** Finds what may not be stored: control characters (PostgreSQL refuses NUL), lone surrogates, bidirectional controls. */
export function textFault(text: string): TextFault | undefined {
  if (plain.test(text)) return undefined;
  if (!text.isWellFormed()) return 'invalid-unicode';
  return control.test(text) ? 'control-character' : undefined;
}

/** The stored form of a text that has no fault: trimmed, NFC; nothing when nothing is left. */
export function storedText(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  return plain.test(trimmed) ? trimmed : trimmed.normalize('NFC');
}
