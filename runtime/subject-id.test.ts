import { expect, test } from 'vitest';
import { userIdOf } from './subject-id.ts';

const subject = (sub: string) => ({ sub, clientId: 'page', scopes: [] });

test('a subject that is a UUID keeps it, in small letters', () => {
  expect(userIdOf(subject('0190B5E2-7C1B-7000-8000-0000000000AB'))).toBe('0190b5e2-7c1b-7000-8000-0000000000ab');
});

test('any other subject becomes a UUID, always the same and its own', () => {
  const ada = userIdOf(subject('auth0|ada'));
  expect(ada).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(userIdOf(subject('auth0|ada'))).toBe(ada);
  expect(userIdOf(subject('auth0|bob'))).not.toBe(ada);
});
