import { expect, test } from 'vitest';
import { checkIfMatch, etag } from './entity-tag.ts';

const check = (ifMatch: string | undefined, version: number | undefined) => () =>
  checkIfMatch(new Headers(ifMatch === undefined ? {} : { 'if-match': ifMatch }), version);

test.each([
  [undefined, 3],
  [undefined, undefined],
  [etag(3).etag, 3],
  ['"2", "3"', 3],
  ['*', 3],
])('If-Match %s lets version %s be written', (ifMatch, version) => {
  expect(check(ifMatch, version)).not.toThrow();
});

test.each([
  ['"2"', 3],
  ['3', 3],
  ['W/"3"', 3],
  ['"3"', undefined],
  ['*', undefined],
  ['', 3],
])('If-Match %s does not let version %s be written', (ifMatch, version) => {
  expect(check(ifMatch, version)).toThrow(expect.objectContaining({ status: 412, slug: 'precondition-failed' }));
});
