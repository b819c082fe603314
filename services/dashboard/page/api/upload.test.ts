import { expect, it } from 'vitest';
import { sayRefusal } from './upload.ts';

it.each([
  ['<Error><Code>EntityTooLarge</Code></Error>', 'The picture is too large.'],
  ['<Error><Code>AccessDenied</Code><Message>Policy expired</Message></Error>', /has ended/],
  ['<Error><Code>constructor</Code></Error>', /not taken/],
  ['', /not taken/],
])('%s is said as a sentence', (xml, words) => {
  expect(sayRefusal(xml)).toMatch(words);
});
