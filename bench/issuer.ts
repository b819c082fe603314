import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { testClientId } from '@millrace/local/issuer-token.ts';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** An issuer of access tokens as a service sees one. Whatever path is asked for answers 200 with its keys. */
export interface Issuer {
  /** Where services find everything else of the platform, too: nothing of it is there. */
  origin: string;
  url: string;
  /** A header that lets its bearer read the bench's site for a day. */
  authorization: string;
  /** The same for another person, with other scopes. */
  authorizationOf(sub: string, scopes?: string): Promise<string>;
  close(): void;
}

export async function startIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const keys = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'bench', alg: 'RS256', use: 'sig' }] });
  const server = createServer((_, response) => response.setHeader('content-type', 'application/json').end(keys));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const url = `${origin}/local/oidc`;
  const authorizationOf = async (sub: string, scopes = 'openid'): Promise<string> => {
    const claims = { token_use: 'access', client_id: testClientId, scope: scopes };
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: 'bench' })
      .setIssuer(url)
      .setSubject(sub)
      .setExpirationTime('24h')
      .sign(privateKey);
    return `Bearer ${token}`;
  };
  const authorization = await authorizationOf('bench', 'analytics:read analytics:write');
  return { origin, url, authorization, authorizationOf, close: () => server.close() };
}
