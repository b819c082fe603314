import type { OidcContext } from 'oidc-provider';
import { Provider } from 'oidc-provider';
import type { Accounts } from './issuer-accounts.ts';
import type { IssuerKeys } from './issuer-keys.ts';
import { logoutPage, messagePage, pageHeaders } from './issuer-page.ts';
import type { IssuerStore } from './issuer-store.ts';
import { accessClaims, accessTokenSeconds, dashboardClientId } from './issuer-token.ts';

const sessionSeconds = 12 * 60 * 60;
const shortSeconds = 10 * 60;
const resource = 'urn:millrace:api';
const openIdScopes = ['openid', 'email', 'profile', 'offline_access'];

interface ProviderParts {
  issuer: string;
  /** Where browsers may be: the gateway's origin by each of its names. */
  origins: readonly string[];
  scopes: readonly string[];
  keys: IssuerKeys;
  store: IssuerStore;
  accounts: Accounts;
}

/** Sets up oidc-provider: one client, code and PKCE, no consent page, access tokens with Cognito's claims. */
export function createProvider(parts: ProviderParts): Provider {
  const provider = new Provider(parts.issuer, {
    jwks: { keys: parts.keys.all() },
    cookies: {
      keys: parts.keys.cookieKeys,
      names: { session: 'millrace_idp', interaction: 'millrace_idp_step', resume: 'millrace_idp_resume' },
    },
    adapter: (model: string) => parts.store.adapter(model),
    clients: [dashboardClient(parts.origins)],
    scopes: openIdScopes,
    claims: { openid: ['sub', 'token_use', 'cognito:username'], email: ['email', 'email_verified'], profile: ['name'] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    responseTypes: ['code'],
    rotateRefreshToken: false,
    issueRefreshToken: async (_context: unknown, client: { grantTypeAllowed(name: string): boolean }) =>
      client.grantTypeAllowed('refresh_token'),
    expiresWithSession: async () => false,
    ttl: {
      AccessToken: accessTokenSeconds,
      AuthorizationCode: 60,
      IdToken: accessTokenSeconds,
      Interaction: shortSeconds,
      RefreshToken: sessionSeconds,
      Grant: sessionSeconds,
      Session: sessionSeconds,
    },
    routes: routes(),
    features: features(parts.scopes),
    interactions: { url: async (_context: unknown, interaction: { uid: string }) => `/local/login/${interaction.uid}` },
    findAccount: async (_context: unknown, sub: string) => findAccount(parts.accounts, sub),
    loadExistingGrant: (context: OidcContext) => grantEverything(context, parts.scopes),
    formats: { customizers: { jwt: likeCognito } },
    renderError: async (
      context: OidcContext & { set(headers: Record<string, string>): void },
      out: { error: string; error_description?: string },
    ) => {
      context.type = 'html';
      context.set(pageHeaders);
      context.body = messagePage('That did not work', out.error_description ?? out.error);
    },
  });
  return provider;
}

function dashboardClient(origins: readonly string[]): Record<string, unknown> {
  return {
    client_id: dashboardClientId,
    client_name: 'Millrace',
    application_type: 'web',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: origins.map((origin) => `${origin}/session/callback`),
    post_logout_redirect_uris: origins.flatMap((origin) => [`${origin}/`, origin]),
  };
}

const routes = () => ({
  authorization: '/authorize',
  token: '/token',
  jwks: '/jwks',
  revocation: '/revoke',
  end_session: '/logout',
});

function features(scopes: readonly string[]): Record<string, unknown> {
  return {
    devInteractions: { enabled: false },
    userinfo: { enabled: false },
    revocation: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: async (context: OidcContext & { set(headers: Record<string, string>): void }, form: string) => {
        context.set(pageHeaders);
        context.body = logoutPage(form);
      },
      postLogoutSuccessSource: async (context: OidcContext & { set(headers: Record<string, string>): void }) => {
        context.set(pageHeaders);
        context.body = messagePage('Logged out', 'You are logged out.');
      },
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: async () => resource,
      useGrantedResource: async () => true,
      getResourceServerInfo: async () => ({
        scope: scopes.join(' '),
        audience: resource,
        accessTokenFormat: 'jwt',
        accessTokenTTL: accessTokenSeconds,
        jwt: { sign: { alg: 'RS256' } },
      }),
    },
  };
}

function findAccount(accounts: Accounts, sub: string) {
  const account = accounts.find(sub);
  if (!account) return undefined;
  return {
    accountId: sub,
    claims: async () => ({
      sub,
      token_use: 'id',
      'cognito:username': sub,
      email: account.email,
      email_verified: true,
      name: account.name,
    }),
  };
}

/** The page is ours: everything that it may ask for is granted without a consent page. */
async function grantEverything(context: OidcContext, scopes: readonly string[]) {
  const { client, session, result, provider } = context.oidc;
  if (!client || !session) return undefined;
  const known = result?.consent?.grantId ?? session.grantIdFor(client.clientId);
  const grant =
    (known && (await provider.Grant.find(known))) ||
    new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(openIdScopes.join(' '));
  grant.addResourceScope(resource, scopes.join(' '));
  await grant.save();
  return grant;
}

async function likeCognito(
  _context: unknown,
  token: { accountId: string; grantId: string; iat: number },
  jwt: { header?: Record<string, unknown>; payload: Record<string, unknown> },
): Promise<void> {
  const atSeconds = Number(jwt.payload['iat']);
  Object.assign(jwt.payload, accessClaims({ sub: token.accountId, originJti: token.grantId, atSeconds }));
  jwt.header = { typ: undefined };
}
