import { mkdir } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Problem } from '@millrace/runtime/problem.ts';
import type { Provider } from 'oidc-provider';
import { onDisk } from './fault.ts';
import { openAccounts } from './issuer-accounts.ts';
import { requireMethod, send, sendJson } from './issuer-answer.ts';
import { openKeys } from './issuer-keys.ts';
import { answerLogin } from './issuer-login.ts';
import { pageStyle } from './issuer-page.ts';
import { openStore } from './issuer-store.ts';
import { issueToken } from './issuer-token.ts';

const mountPath = '/local/oidc';
const styleHeaders = { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'max-age=300' };
const rotationCheckMs = 60 * 60_000;
const loopbackHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

interface IssuerOptions {
  /** The gateway's origin by its first name, such as `http://localhost:8080`. */
  origin: string;
  /** The gateway's other names. */
  otherOrigins?: readonly string[];
  scopes: readonly string[];
  dataDir: string;
  now?: () => number;
  onFault?: (error: unknown) => void;
}

export interface Issuer {
  /** Answers what is below `/local/`. @returns false when there is nothing. @throws Problem */
  handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<boolean>;
  close(): Promise<void>;
}

/** The OpenID Connect issuer of this machine, with the claims of Amazon Cognito. Never part of an image. */
export async function createIssuer(options: IssuerOptions): Promise<Issuer> {
  const { origin, dataDir } = options;
  const now = options.now ?? Date.now;
  const onFault = options.onFault ?? (() => undefined);
  await onDisk(dataDir, () => mkdir(dataDir, { recursive: true, mode: 0o700 }));
  const [keys, store, accounts] = await Promise.all([
    openKeys(join(dataDir, 'keys.json'), now),
    openStore(join(dataDir, 'sessions.json'), { now, onFault }),
    openAccounts(join(dataDir, 'accounts.json')),
  ]);
  const issuer = `${origin}${mountPath}`;
  let provider: Provider | undefined;
  // Loaded at the first login: a platform that only checks tokens does without its memory.
  const getProvider = async (): Promise<Provider> => {
    const { createProvider } = await import('./issuer-provider.ts');
    provider ??= createProvider({
      ...options,
      issuer,
      origins: [origin, ...(options.otherOrigins ?? [])],
      keys,
      store,
      accounts,
    });
    return provider;
  };
  const rotate = async (): Promise<void> => {
    if (await keys.rotateIfDue()) provider = undefined;
  };
  await rotate();
  const timer = setInterval(() => void rotate().catch(onFault), rotationCheckMs);
  timer.unref();

  const handle = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<boolean> => {
    const path = (incoming.url ?? '').split('?')[0] ?? '';
    // A page of another name that resolves to this machine (DNS rebinding) gets no token.
    if (!loopbackHost.test(incoming.headers.host ?? '')) throw new Problem(404, 'not-found', 'There is nothing here.');
    if (path === '/local/token') {
      requireMethod(incoming, ['POST']);
      return sendJson(outgoing, await issueToken(incoming, { issuer, keys, now }));
    }
    if (path === '/local/login.css') return send(outgoing, { status: 200, headers: styleHeaders, body: pageStyle });
    if (path.startsWith('/local/login/'))
      return answerLogin({ provider: await getProvider(), accounts }, incoming, outgoing);
    if (path === `${mountPath}/jwks` && incoming.method === 'GET') return sendJson(outgoing, keys.published());
    if (!path.startsWith(`${mountPath}/`)) return false;
    const mounted = incoming as IncomingMessage & { originalUrl?: string };
    mounted.originalUrl = incoming.url ?? '';
    mounted.url = mounted.originalUrl.slice(mountPath.length);
    await (await getProvider()).callback()(incoming, outgoing);
    return true;
  };

  return {
    handle,
    close: async () => {
      clearInterval(timer);
      await store.close();
    },
  };
}
