/** Fetches as a browser does: keeps cookies, names its origin, does not follow redirects by itself. */
export interface BrowserLike {
  cookies: Map<string, string>;
  fetch(
    path: string,
    options?: { method?: string; headers?: Record<string, string>; body?: string; signal?: AbortSignal },
  ): Promise<Response>;
  /** Goes through the login. @returns the answer of the callback. */
  logIn(returnTo?: string): Promise<Response>;
}

export function browserLike(origin: string): BrowserLike {
  const cookies = new Map<string, string>();
  const browser: BrowserLike = {
    cookies,
    fetch: async (path, options = {}) => {
      const url = new URL(path, origin);
      const isOwn = url.origin === origin;
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await fetch(url, {
        ...options,
        redirect: 'manual',
        headers: { ...(isOwn && cookie && { cookie }), ...options.headers },
      });
      if (isOwn) for (const line of response.headers.getSetCookie()) keep(cookies, line);
      return response;
    },
    logIn: async (returnTo = '/') => {
      const start = await browser.fetch(`/session/login?returnTo=${encodeURIComponent(returnTo)}`);
      const issued = await browser.fetch(start.headers.get('location') ?? '');
      return browser.fetch(issued.headers.get('location') ?? '');
    },
  };
  return browser;
}

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split(';');
  const [name = '', value = ''] = pair.split('=');
  if (attributes.some((attribute) => attribute.trim().toLowerCase() === 'max-age=0')) cookies.delete(name);
  else cookies.set(name, value);
}
