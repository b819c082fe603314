import type { IncomingMessage, ServerResponse } from 'node:http';

/** One request to the stand-in, and what answers it. */
export interface Call {
  method: string;
  /** Below `/api`. */
  path: string;
  url: URL;
  request: IncomingMessage;
  answer: ServerResponse;
  isSignedIn: boolean;
  scopes: readonly string[];
}

/** A refusal as the real services write it. */
export class Refusal extends Error {
  readonly status: number;
  readonly slug: string;
  readonly errors: Fault[] | undefined;

  constructor(status: number, slug: string, detail: string, errors?: Fault[]) {
    super(detail);
    this.status = status;
    this.slug = slug;
    this.errors = errors;
  }
}

interface Fault {
  pointer: string;
  code: string;
  message: string;
}

export function readCall(request: IncomingMessage, answer: ServerResponse): Call {
  const url = new URL(request.url ?? '/', 'http://stand-in.invalid');
  const { authorization } = request.headers;
  const isSignedIn = authorization?.startsWith('Bearer ') ?? false;
  return {
    method: request.method ?? 'GET',
    path: url.pathname.replace(/^\/api/, ''),
    url,
    request,
    answer,
    isSignedIn,
    scopes: isSignedIn ? scopesOf(authorization ?? '') : [],
  };
}

function scopesOf(authorization: string): string[] {
  const claims = JSON.parse(Buffer.from(authorization.split('.')[1] ?? '', 'base64url').toString() || '{}') as {
    scope?: string;
  };
  return (claims.scope ?? '').split(' ');
}

export async function readJson<Body>(request: IncomingMessage): Promise<Body> {
  let text = '';
  for await (const part of request) text += String(part);
  return JSON.parse(text || '{}') as Body;
}

export function sendJson(
  answer: ServerResponse,
  value: unknown,
  options: { status?: number; headers?: Record<string, string> } = {},
): void {
  answer.writeHead(options.status ?? 200, { 'content-type': 'application/json; charset=utf-8', ...options.headers });
  answer.end(JSON.stringify(value));
}

/** A single thing, with the tag of its version. */
export function sendVersion(answer: ServerResponse, value: { version: number }, status = 200): void {
  sendJson(answer, value, { status, headers: { etag: `"${value.version}"` } });
}

export function sendRefusal(answer: ServerResponse, refusal: Refusal): void {
  const { status, slug, message: detail, errors } = refusal;
  answer.writeHead(status, { 'content-type': 'application/problem+json' });
  const type = `https://millrace.example/problems/${slug}`;
  answer.end(JSON.stringify({ type, title: 'Refused', status, detail, ...(errors && { errors }) }));
}

export const notFound = (): Refusal => new Refusal(404, 'not-found', 'There is nothing here.');

export function invalid(pointer: string, message: string, code = 'range'): Refusal {
  return new Refusal(422, 'invalid-body', 'The body is not valid.', [{ pointer, code, message }]);
}

export function needSession(call: Call): void {
  if (!call.isSignedIn) throw new Refusal(401, 'token-required', 'Send an access token.');
}

export function needScope(call: Call, scope: string): void {
  needSession(call);
  if (!call.scopes.includes(scope)) throw new Refusal(403, 'insufficient-scope', `This needs the scope ${scope}.`);
}

/** A page of a list: its cursor says where the next one begins. */
export function sendPage(call: Call, rows: readonly unknown[]): void {
  const { searchParams } = call.url;
  const limit = Number(searchParams.get('limit') ?? 20);
  const cursor = searchParams.get('cursor');
  const from = cursor === null ? 0 : Number(/^after-(\d+)$/.exec(cursor)?.[1] ?? Number.NaN);
  if (Number.isNaN(from)) throw new Refusal(400, 'bad-cursor', 'Send the cursor of the page before, as it was.');
  const nextCursor = from + limit < rows.length ? `after-${from + limit}` : null;
  sendJson(call.answer, { items: rows.slice(from, from + limit), nextCursor });
}

/** Takes the version of If-Match. @throws Refusal when it is missing or old. */
export function checkVersion(call: Call, version: number, options: { isNeeded: boolean }): void {
  const given = call.request.headers['if-match'];
  if (given === undefined && options.isNeeded) {
    throw new Refusal(428, 'precondition-required', 'Send If-Match with the version that you changed.');
  }
  if (given !== undefined && given !== `"${version}"`) {
    throw new Refusal(412, 'precondition-failed', 'This was changed meanwhile. Load it again.');
  }
}
