import type { Login, LoginParts } from './login.ts';

/** A login whose OpenID Connect library is loaded when somebody logs in: a start does not wait for it. */
export function lazyLogin(parts: LoginParts): Login {
  let loaded: Promise<Login> | undefined;
  const login = (): Promise<Login> => {
    loaded ??= import('./login.ts').then(({ createLogin }) => createLogin(parts));
    return loaded;
  };
  return {
    start: async (request) => (await login()).start(request),
    finish: async (answer) => (await login()).finish(answer),
    refresh: async (refreshToken) => (await login()).refresh(refreshToken),
    revoke: async (refreshToken) => (await login()).revoke(refreshToken),
  };
}
