import { z } from 'zod';

// Digits with blanks or hyphens between them, as people write the number of a card.
const digitRun = /\d(?:[ -]?\d){12,18}/g;

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

/** Does a text hold 13 to 19 digits with a card's check digit (ISO/IEC 7812, Luhn)? */
export function hasCardNumber(text: string): boolean {
  return [...text.matchAll(digitRun)].some(([run]) => hasCheckDigit(run.replaceAll(/\D/g, '')));
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
