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
  close(): Promise<void>;
}

interface Grant {
  challenge: string;
  nonce: string;
  redirectUri: string;
}

/** Does what the login needs of the real one: discovery, keys, code with PKCE, refresh. */
export async function startStandInIssuer(options: { clientId: string; port?: number }): Promise<StandInIssuer> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const grants = new Map<string, Grant>();
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const sign = (claims: object): string => {
    const body = `${encode({ alg: 'RS256', kid: 'one' })}.${encode(claims)}`;
    return `${body}.${createSign('RSA-SHA256').update(body).sign(privateKey, 'base64url')}`;
  };
  const tokens = (nonce?: string) => {
    const iat = Math.floor(Date.now() / 1000);
    const claims = { iss: issuer.url, sub: 'ada', iat, exp: iat + 600 };
    return {
      access_token: sign({ ...claims, token_use: 'access', jti: randomBytes(8).toString('hex') }),
      token_type: 'Bearer',
      expires_in: issuer.tokenSeconds,
      ...(nonce && {
        refresh_token: 'refresh-ada',
        id_token: sign({ ...claims, aud: options.clientId, nonce, name: 'Ada Lovelace', email: 'ada@example.com' }),
      }),
    };
  };
  const exchange = (form: URLSearchParams): object | undefined => {
    if (form.get('grant_type') === 'refresh_token') {
      issuer.refreshes += 1;
      return issuer.isRefusing || form.get('refresh_token') !== 'refresh-ada' ? undefined : tokens();
    }
    const grant = grants.get(form.get('code') ?? '');
    grants.delete(form.get('code') ?? '');
    const verifier = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (!grant || grant.challenge !== verifier || grant.redirectUri !== form.get('redirect_uri')) return undefined;
    return tokens(grant.nonce);
  };
  const server = createServer(async (request, answer) => {
    const url = new URL(request.url ?? '/', issuer.url);
    const send = (value: object, status = 200): void => {
      answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    };
    if (url.pathname === '/.well-known/openid-configuration') return send(metadata(issuer.url));
    if (url.pathname === '/jwks') {
      return send({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' }] });
    }
    if (url.pathname === '/authorize') {
      const ask = (name: string): string => url.searchParams.get(name) ?? '';
      const code = randomBytes(16).toString('base64url');
      grants.set(code, { challenge: ask('code_challenge'), nonce: ask('nonce'), redirectUri: ask('redirect_uri') });
      const back = new URL(ask('redirect_uri'));
      back.search = new URLSearchParams({ code, state: ask('state') }).toString();
      return void answer.writeHead(303, { location: back.href }).end();
    }
    if (url.pathname !== '/token') return send({}, 404);
    let text = '';
    for await (const part of request) text += String(part);
    const granted = exchange(new URLSearchParams(text));
    send(granted ?? { error: 'invalid_grant' }, granted ? 200 : 400);
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const issuer: StandInIssuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refreshes: 0,
    tokenSeconds: 600,
    isRefusing: false,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return issuer;
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
