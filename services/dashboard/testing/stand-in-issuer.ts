import { createHash, createSign, generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An OpenID Connect issuer that knows one person and asks no questions. */
export interface StandInIssuer {
  url: string;
  /** How many refreshes it was asked for. */
  refreshes: number;
  /** Seconds until its access tokens end. */
  tokenSeconds: number;
  isRefusing: boolean;
  /** What the person may do. */
  scopes: string;
  close(): Promise<void>;
}

interface Grant {
  challenge: string;
  nonce: string;
  redirectUri: string;
}

interface Parts {
  issuer: StandInIssuer;
  clientId: string;
  grants: Map<string, Grant>;
  sign(claims: object): string;
}

/** Does what the login needs of the real one: discovery, keys, code with PKCE, refresh. */
export async function startStandInIssuer(options: { clientId: string }): Promise<StandInIssuer> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const key = { ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' };
  const server = createServer(async (request, answer) => {
    const url = new URL(request.url ?? '/', issuer.url);
    const send = (value: object, status = 200): void => {
      answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    if (url.pathname === '/.well-known/openid-configuration') return send(metadata(issuer.url));
    if (url.pathname === '/jwks') return send({ keys: [key] });
    if (url.pathname === '/authorize') return void answer.writeHead(303, { location: grantCode(parts, url) }).end();
    if (url.pathname !== '/token') return send({}, 404);
    let text = '';
    for await (const part of request) text += String(part);
    const granted = exchange(parts, new URLSearchParams(text));
    send(granted ?? { error: 'invalid_grant' }, granted ? 200 : 400);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer: StandInIssuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refreshes: 0,
    tokenSeconds: 600,
    isRefusing: false,
    scopes: 'openid email profile analytics:read analytics:write products:write payments:operate',
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const parts: Parts = {
    issuer,
    clientId: options.clientId,
    grants: new Map(),
    sign: (claims) => {
      const body = `${encode({ alg: 'RS256', kid: 'one' })}.${encode(claims)}`;
      return `${body}.${createSign('RSA-SHA256').update(body).sign(privateKey, 'base64url')}`;
    },
  };
  return issuer;
}

function grantCode(parts: Parts, url: URL): string {
  const ask = (name: string): string => url.searchParams.get(name) ?? '';
  const code = randomBytes(16).toString('base64url');
  parts.grants.set(code, { challenge: ask('code_challenge'), nonce: ask('nonce'), redirectUri: ask('redirect_uri') });
  const back = new URL(ask('redirect_uri'));
  back.search = new URLSearchParams({ code, state: ask('state') }).toString();
  return back.href;
}

function exchange(parts: Parts, form: URLSearchParams): object | undefined {
  const { issuer, grants } = parts;
  if (form.get('grant_type') === 'refresh_token') {
    issuer.refreshes += 1;
    return issuer.isRefusing || form.get('refresh_token') !== 'refresh-ada' ? undefined : tokensOf(parts);
  }
  const code = form.get('code') ?? '';
  const grant = grants.get(code);
  grants.delete(code);
  const challenge = createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url');
  if (grant?.challenge !== challenge || grant.redirectUri !== form.get('redirect_uri')) return undefined;
  return tokensOf(parts, grant.nonce);
}

function tokensOf(parts: Parts, nonce?: string): object {
  const { issuer, clientId, sign } = parts;
  const iat = Math.floor(Date.now() / 1000);
  const claims = { iss: issuer.url, sub: 'ada', iat, exp: iat + 600 };
  return {
    access_token: sign({ ...claims, token_use: 'access', scope: issuer.scopes, jti: randomBytes(8).toString('hex') }),
    token_type: 'Bearer',
    expires_in: issuer.tokenSeconds,
    ...(nonce && {
      refresh_token: 'refresh-ada',
      id_token: sign({ ...claims, aud: clientId, nonce, name: 'Ada Lovelace', email: 'ada@example.com' }),
    }),
  };
}

const metadata = (url: string): object => ({
  issuer: url,
  authorization_endpoint: `${url}/authorize`,
  token_endpoint: `${url}/token`,
  jwks_uri: `${url}/jwks`,
  response_types_supported: ['code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
  code_challenge_methods_supported: ['S256'],
});
