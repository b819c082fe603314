import type { z } from 'zod';
import type { Subject } from './auth.ts';

/**
 * Who may call a route. There is no default: each route names its policy. `person` is anybody with an access token, who then
 * sees only what is theirs; a scope is for what goes beyond that.
 */
export type Policy = 'public' | 'person' | { scope: string };

/** What a route answers with. A stream ends when the caller goes away or `signal` fires. */
export interface Reply {
  status: number;
  type?: string;
  body?: string | Uint8Array | ReadableStream<Uint8Array>;
  headers?: Record<string, string>;
}

/** Reads header fields by name, in any case; several of one name are joined with a comma. */
export interface HeaderReader {
  get(name: string): string | null;
}

/** A checked request: every part was validated by the route's own schemas. */
export interface RouteRequest<Params = unknown, Query = unknown, Body = unknown> {
  params: Params;
  query: Query;
  body: Body;
  headers: HeaderReader;
  /** Whoever calls; nobody on a public route. */
  subject: Subject;
  /** The caller's address by the right-most hop of X-Forwarded-For. Never store or log it. */
  clientAddress: string;
  requestId: string;
  traceparent: string;
  /** Fires when the caller goes away or the deadline is over. */
  signal: AbortSignal;
}

/** A header field that a route reads, as the documents tell it; the handler reads and checks the field itself. */
export interface HeaderRule {
  description: string;
  isRequired?: boolean;
  /** What a good value looks like, as a regular expression. */
  pattern?: string;
}

/** The body that a route takes. */
export interface BodyRule<Body extends z.ZodType = z.ZodType> {
  schema: Body;
  /** Media types; `application/json` unless said otherwise. */
  types?: readonly string[];
  /** At most so many bytes; 65,536 unless said otherwise. */
  maxBytes?: number;
  /**
   * `json` is parsed strictly; `text` is decoded as UTF-8 and given to the schema as it is; `bytes` are the bytes that came,
   * for a body that is signed.
   */
  format?: 'json' | 'text' | 'bytes';
}

export interface ResponseRule {
  description: string;
  schema?: z.ZodType;
  type?: string;
  /** Other media types in which a caller can have the same: the handler looks at Accept. */
  alsoAs?: readonly string[];
}

/** One operation of an API: the same data validates requests and writes the OpenAPI document. */
export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Hono's syntax: `/api/orders/:id`. */
  path: string;
  operationId: string;
  summary: string;
  policy: Policy;
  /** `any`: callable from pages of every origin, without credentials. Otherwise no other origin may. */
  cors?: 'any';
  params?: z.ZodObject;
  query?: z.ZodObject;
  /** By the names of the fields, as they are written: `If-Match`. */
  headers?: Readonly<Record<string, HeaderRule>>;
  body?: BodyRule;
  responses: Record<number, ResponseRule>;
  handle(request: RouteRequest): Promise<Reply>;
}

type Output<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** Declares a route; the handler's request has the types of the schemas. */
export function defineRoute<
  Params extends z.ZodObject | undefined = undefined,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
>(
  route: Omit<Route, 'params' | 'query' | 'body' | 'handle'> & {
    params?: Params;
    query?: Query;
    body?: Omit<BodyRule, 'schema'> & { schema: Body };
    handle(request: RouteRequest<Output<Params>, Output<Query>, Output<Body>>): Promise<Reply>;
  },
): Route {
  return route as unknown as Route;
}

/** Answers with JSON. */
export function json(status: number, value: unknown, headers: Record<string, string> = {}): Reply {
  return { status, type: 'application/json; charset=utf-8', body: JSON.stringify(value), headers };
}

/** Answers with a text of any media type. */
export function text(
  status: number,
  type: string,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Reply {
  return { status, type, body, headers };
}

/** Answers with a stream, such as server-sent events. */
export function stream(type: string, body: ReadableStream<Uint8Array>, headers: Record<string, string> = {}): Reply {
  return { status: 200, type, body, headers };
}

/** Answers without a body. */
export function empty(status: number, headers: Record<string, string> = {}): Reply {
  return { status, headers };
}
