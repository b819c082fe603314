const deadlineMs = 20_000;

interface ProblemBody {
  detail?: string;
  title?: string;
  type?: string;
  errors?: { pointer: string; code: string; message: string }[];
}

/** An answer that is not a success. `status` is 0 when there was no answer at all. */
export class ApiError extends Error {
  readonly status: number;
  /** The last part of the problem's type, such as `precondition-failed`. */
  readonly slug: string;
  readonly fields: Record<string, string>;
  /** What is wrong, by its whole pointer (RFC 6901) into the body. */
  readonly pointers: Record<string, string>;
  /** The kind of each, such as `out-of-stock`, by the same pointer. */
  readonly codes: Record<string, string>;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    status: number,
    detail: string,
    more: {
      slug?: string;
      fields?: Record<string, string>;
      pointers?: Record<string, string>;
      codes?: Record<string, string>;
      retryAfterSeconds?: number | undefined;
    } = {},
  ) {
    super(detail);
    this.status = status;
    this.slug = more.slug ?? '';
    this.fields = more.fields ?? {};
    this.pointers = more.pointers ?? {};
    this.codes = more.codes ?? {};
    this.retryAfterSeconds = more.retryAfterSeconds;
  }
}

/** Calls this page's own server. @throws ApiError */
export async function call<Value>(
  path: string,
  options: { signal?: AbortSignal; body?: unknown; method?: string; headers?: Record<string, string> } = {},
): Promise<Value> {
  const { body, method = body === undefined ? 'GET' : 'POST' } = options;
  const signals = [AbortSignal.timeout(deadlineMs), ...(options.signal ? [options.signal] : [])];
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: {
        accept: 'application/json',
        ...(method !== 'GET' && { 'x-millrace-page': '1' }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.any(signals),
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ApiError(0, 'The server does not answer. Check your connection; this page tries again by itself.');
  }
  if (!response.ok) throw await readProblem(response);
  if (response.status === 204) return undefined as Value;
  return (await response.json()) as Value;
}

/** Reads application/problem+json (RFC 9457); field errors are kept by the name of the field. */
export async function readProblem(response: Response): Promise<ApiError> {
  const problem = (await response.json().catch(() => ({}))) as ProblemBody;
  const fields: Record<string, string> = {};
  const pointers: Record<string, string> = {};
  const codes: Record<string, string> = {};
  for (const { pointer, code, message } of problem.errors ?? []) {
    fields[pointer.split('/').pop() ?? ''] ??= message;
    pointers[pointer] ??= message;
    codes[pointer] ??= code;
  }
  const seconds = Number(response.headers.get('retry-after'));
  return new ApiError(response.status, problem.detail ?? problem.title ?? `The server answered ${response.status}.`, {
    slug: problem.type?.split('/').pop() ?? '',
    fields,
    pointers,
    codes,
    retryAfterSeconds: seconds > 0 ? seconds : undefined,
  });
}

/** An address of this page's server, without the parts that are not set. */
export function addressOf(path: string, query: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  return `/session/api/analytics/${path}?${search.toString()}`;
}

/** An address of one of the shop's APIs. */
export function shopAddress(path: string, query: Record<string, string | number | undefined> = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  const text = search.toString();
  return `/session/api${path}${text && `?${text}`}`;
}
