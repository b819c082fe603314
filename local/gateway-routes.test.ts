import { expect, test } from 'vitest';
import { createRouter } from './gateway-routes.ts';

test('what is below /local has a route of its own or none: it never falls through to the page', () => {
  const target = 'http://127.0.0.1:1001';
  const find = createRouter([
    { path: '/*', name: 'page', target },
    { path: '/local/mail', name: 'mail', target },
    { path: '/local/mail/*', name: 'mail', target },
  ]);
  const names = ['/local/mail', '/local/mail/api/messages', '/local/mails', '/local/oidc/jwks', '/local/', '/locals'];
  expect(names.map((path) => find(path)?.name)).toEqual(['mail', 'mail', undefined, undefined, undefined, 'page']);
});
