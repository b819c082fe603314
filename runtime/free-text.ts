import { z } from 'zod';

// Digits with blanks or hyphens between them, as people write the number of a card, and other numbers beside it.
const digitRun = /\d(?:[ -]?\d){12,}/g;
// An id holds such digits now and then, by chance.
const uuid = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/gi;
const minCardDigits = 13;
const maxCardDigits = 19;
/** The first digits that card networks have. */
const network = /^(?:2[2-7]|[3-6])/;

/**
 * A text that a person writes: trimmed, stored in Unicode's NFC, 1 to `max` characters. Refused where it holds the number of a
 * payment card, which must never lie in our databases. Control and bidirectional characters were refused with the body.
 */
export const freeText = (max: number) =>
  z
    .string()
    .trim()
    .normalize('NFC')
    .min(1)
    .max(max)
    .refine((text) => !hasCardNumber(text), {
      params: { code: 'card-number' },
      error: 'This looks like the number of a payment card. Send a token of the payment provider instead.',
    });

/** Does a text hold 13 to 19 digits with a card's check digit (ISO/IEC 7812, Luhn)? Those of a UUID do not count. */
export function hasCardNumber(text: string): boolean {
  return [...text.replaceAll(uuid, '.').matchAll(digitRun)].some(([run]) => runHasCardNumber(run.split(/[ -]/)));
}

/** A number of a card begins and ends where a group of digits does. */
function runHasCardNumber(groups: readonly string[]): boolean {
  for (let first = 0; first < groups.length; first += 1) {
    let digits = '';
    for (let last = first; last < groups.length && digits.length < maxCardDigits; last += 1) {
      digits += groups[last];
      if (digits.length < minCardDigits || digits.length > maxCardDigits) continue;
      const isWhole = first === 0 && last === groups.length - 1;
      if ((isWhole || network.test(digits)) && hasCheckDigit(digits)) return true;
    }
  }
  return false;
}

function hasCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    const digit = Number(digits.at(-1 - place));
    const weighed = place % 2 === 1 ? digit * 2 : digit;
    sum += weighed > 9 ? weighed - 9 : weighed;
  }
  return sum % 10 === 0;
}
