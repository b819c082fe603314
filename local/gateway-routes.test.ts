import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createGateway } from './gateway.ts';
import { createRouter } from './gateway-routes.ts';
import { findFreePort } from './ports.ts';

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

test('below /local a process with a route answers, then the issuer, and nobody else', async () => {
  const mail = createServer((request, response) => response.end(`mail ${request.url}`));
  await new Promise<void>((done) => mail.listen(0, '127.0.0.1', done));
  const target = `http://127.0.0.1:${(mail.address() as AddressInfo).port}`;
  const gateway = createGateway({
    routes: ['/*', '/local/mail', '/local/mail/*'].map((path) => ({ path, target, name: 'mail' })),
    local: async ({ url }, outgoing) => {
      if (url !== '/local/oidc/jwks') return false;
      outgoing.end('issuer');
      return true;
    },
  });
  const port = await findFreePort();
  await gateway.listen(port, ['127.0.0.1']);
  const get = async (path: string): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return response.ok ? response.text() : String(response.status);
  };
  const paths = ['/local/mail', '/local/mail/api/messages?to=a', '/local/oidc/jwks', '/local/other'];
  const answers = [];
  for (const path of paths) answers.push(await get(path));
  expect(answers).toEqual(['mail /local/mail', 'mail /local/mail/api/messages?to=a', 'issuer', '404']);
  await gateway.close();
  await new Promise((done) => mail.close(done));
});
