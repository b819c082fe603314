/** One thing that is wrong with a request: where (RFC 6901 pointer), a code for programs, a sentence for people. */
export interface Violation {
  pointer: string;
  code: string;
  message: string;
}

interface ProblemOptions {
  errors?: Violation[];
  headers?: Record<string, string>;
  cause?: unknown;
}

/** An expected refusal at the door. `detail` is for the caller, `cause` is for the log. */
export class Problem extends Error {
  readonly status: number;
  readonly slug: string;
  readonly errors: Violation[];
  readonly headers: Record<string, string>;

  constructor(status: number, slug: string, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause });
    this.status = status;
    this.slug = slug;
    this.errors = options.errors ?? [];
    this.headers = options.headers ?? {};
  }
}

const titles: Record<number, string> = {
  400: 'Bad request',
  401: 'Authentication needed',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  406: 'Not acceptable',
  408: 'Request took too long',
  409: 'Conflict',
  412: 'Precondition failed',
  413: 'Content too large',
  414: 'URI too long',
  415: 'Unsupported media type',
  422: 'Unprocessable content',
  428: 'Precondition required',
  429: 'Too many requests',
  431: 'Header fields too large',
  502: 'Bad gateway',
  503: 'Service unavailable',
  504: 'Gateway timeout',
};

/** The one translator from a Problem to `application/problem+json` (RFC 9457). */
export function problemBody(problem: Problem, requestId: string): string {
  return JSON.stringify({
    type: `https://millrace.example/problems/${problem.slug}`,
    title: titles[problem.status] ?? 'Internal error',
    status: problem.status,
    detail: problem.message,
    instance: requestId,
    ...(problem.errors.length > 0 && { errors: problem.errors }),
  });
}

/** The answer to a Problem, with the headers that every error carries. */
export function problemResponse(problem: Problem, requestId: string): Response {
  return new Response(problemBody(problem, requestId), {
    status: problem.status,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': requestId,
      ...problem.headers,
    },
  });
}

const retryAfterSeconds = '1';

/** 503 with `Retry-After`: a dependency does not answer; the caller may try again. */
export function unavailable(detail: string, cause?: unknown): Problem {
  return new Problem(503, 'unavailable', detail, { headers: { 'retry-after': retryAfterSeconds }, cause });
}
