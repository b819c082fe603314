import type { Subject, VerifyToken } from '../auth.ts';
import { Problem } from '../problem.ts';

/** `Bearer ada:orders:read,orders:write` is Ada with these scopes; the real check has tests of its own. */
export const bearerNames: VerifyToken = async (authorization): Promise<Subject> => {
  const [sub = '', ...scopes] = (authorization ?? '').replace(/^Bearer /, '').split(/:(.*)/s);
  if (sub === '') throw new Problem(401, 'token-required', 'Send an access token.');
  return { sub, clientId: 'test', scopes: (scopes[0] ?? '').split(',') };
};

/** Headers of a request by somebody with these scopes. */
export const as = (sub: string, ...scopes: string[]): Record<string, string> => ({
  authorization: `Bearer ${sub}:${scopes.join(',')}`,
});

/** What a response says: its status and, of a problem, the slug; otherwise its body. */
export async function outcome(response: Response): Promise<{ status: number; slug?: string; body?: unknown }> {
  const text = await response.text();
  const isProblem = response.headers.get('content-type')?.startsWith('application/problem+json') ?? false;
  if (isProblem)
    return { status: response.status, slug: (JSON.parse(text) as { type: string }).type.split('/').pop() ?? '' };
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}
