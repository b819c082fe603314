import type { Context } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';

/** A cookie of this server: host-only, never for scripts, never sent along from other sites. */
export interface BrowserCookie {
  read(context: Context): string | undefined;
  write(context: Context, value: string, options: { maxAgeSeconds: number; withTwin: boolean }): void;
  /** Did the browser send the twin only? Then it does not keep Secure cookies from here. */
  needsTwin(context: Context): boolean;
  clear(context: Context): void;
}

const sessionForm = /^[A-Za-z0-9_-]{43}$/;

/**
 * `__Host-` cookies are Secure. Chromium and Firefox keep those from http://localhost too; Safari does not.
 * So plain HTTP on this machine may also get a twin without the prefix; a public address never has it.
 */
export function hostCookie(name: string, options: { isLoopbackHttp: boolean }): BrowserCookie {
  const secured = `__Host-${name}`;
  const twin = `local-${name}`;
  const common = { path: '/', httpOnly: true, sameSite: 'Lax' } as const;
  return {
    read: (context) => {
      const value = getCookie(context, secured) ?? (options.isLoopbackHttp ? getCookie(context, twin) : undefined);
      return value && sessionForm.test(value) ? value : undefined;
    },
    write: (context, value, { maxAgeSeconds: maxAge, withTwin }) => {
      setCookie(context, secured, value, { ...common, secure: true, maxAge });
      if (options.isLoopbackHttp && withTwin) setCookie(context, twin, value, { ...common, maxAge });
    },
    needsTwin: (context) => getCookie(context, secured) === undefined && getCookie(context, twin) !== undefined,
    clear: (context) => {
      setCookie(context, secured, '', { ...common, secure: true, maxAge: 0 });
      if (options.isLoopbackHttp) setCookie(context, twin, '', { ...common, maxAge: 0 });
    },
  };
}
