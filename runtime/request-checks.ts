import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { parseJsonBody } from './json-body.ts';
import { Problem } from './problem.ts';
import type { BodyRule, HeaderReader, Route } from './route.ts';
import { validate } from './validation.ts';

const maxUrlBytes = 8_192;
const maxHeaders = 100;
const defaultBodyBytes = 65_536;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

/** Refuses what no route takes. @throws Problem 400, 414 or 431. */
export function checkEnvelope(rawUrl: string, incoming: IncomingMessage | undefined): void {
  if (rawUrl.length > maxUrlBytes) throw new Problem(414, 'uri-too-long', `A URL may have ${maxUrlBytes} bytes.`);
  if (incoming && incoming.rawHeaders.length / 2 > maxHeaders) {
    throw new Problem(431, 'too-many-headers', `A request may have ${maxHeaders} header fields.`);
  }
  if (!rawUrl.includes('%')) return;
  try {
    if (decodeURIComponent(rawUrl).includes('\0')) throw new URIError('NUL');
  } catch {
    throw new Problem(400, 'bad-encoding', 'The URL has a percent sign that is not followed by valid UTF-8.');
  }
}

/** The caller by the right-most hop of X-Forwarded-For, which our own load balancer writes; else the socket's peer. */
export function clientAddressOf(forwardedFor: string | null, incoming: IncomingMessage | undefined): string {
  const last = forwardedFor?.slice(forwardedFor.lastIndexOf(',') + 1).trim();
  if (last && isIP(last)) return last;
  return incoming?.socket?.remoteAddress?.replace(/^::ffff:/, '') ?? '127.0.0.1';
}

/** @throws Problem 406 when the caller takes none of the media types that the route answers with. */
export function checkAccept(accept: string | null, offered: readonly string[]): void {
  if (!accept || accept.includes('*/*')) return;
  const wanted = accept.split(',').map((part) => part.split(';')[0]?.trim().toLowerCase() ?? '');
  const isOffered = (want: string) =>
    offered.includes(want) || (want.endsWith('/*') && offered.some((type) => type.startsWith(want.slice(0, -1))));
  if (wanted.some(isOffered)) return;
  throw new Problem(406, 'not-acceptable', `This answers with ${offered.join(' or ')}.`);
}

/** Reads the query strictly. @throws Problem 400 for unknown or repeated parameters, 422 for wrong values. */
export function readQuery(route: Route, search: string): unknown {
  const given = new URLSearchParams(search);
  const known = Object.keys(route.query?.shape ?? {});
  const values: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, value] of given) {
    if (!known.includes(name)) {
      const list = known.length > 0 ? `Known: ${known.join(', ')}.` : 'This route takes none.';
      throw new Problem(400, 'unknown-parameter', `There is no query parameter of that name here. ${list}`);
    }
    if (name in values) throw new Problem(400, 'duplicate-parameter', `The query parameter ${name} stands twice.`);
    values[name] = value;
  }
  return route.query ? validate(route.query, { ...values }, { what: 'query', prefix: '/query' }) : undefined;
}

/** Reads the path's parameters. What has not the form of an id does not exist. @throws Problem 404. */
export function readParams(route: Route, given: Record<string, string>): unknown {
  if (!route.params) return undefined;
  const parsed = route.params.safeParse(given);
  if (!parsed.success) throw new Problem(404, 'not-found', 'There is nothing here.');
  return parsed.data;
}

/** Where a body comes from: Node's own message on a socket, which costs least, or a web request. */
export interface BodySource {
  headers: HeaderReader;
  incoming: IncomingMessage | undefined;
  request(): Request;
}

/** Reads the fields of Node's message where there is one: making web headers of them is felt in a small request. */
export function headersOf(incoming: IncomingMessage | undefined, request: () => Request): HeaderReader {
  if (!incoming) return request().headers;
  return {
    get: (name) => {
      const value = incoming.headers[name.toLowerCase()];
      return value === undefined ? null : Array.isArray(value) ? value.join(', ') : value;
    },
  };
}

/** Reads and validates the body. @throws Problem 400, 413, 415 or 422. */
export async function readBody(rule: BodyRule, source: BodySource): Promise<unknown> {
  const { headers, incoming } = source;
  checkMediaType(rule, headers);
  const limit = rule.maxBytes ?? defaultBodyBytes;
  if (Number(headers.get('content-length') ?? 0) > limit) throw tooLarge(limit);
  const bytes = incoming ? await readIncoming(incoming, limit) : await readStream(source.request(), limit);
  if (rule.format === 'bytes') return validate(rule.schema, bytes, { what: 'body' });
  const text = decode(bytes);
  if (rule.format === 'text') return validate(rule.schema, text, { what: 'body' });
  return validate(rule.schema, parseJsonBody(text), { what: 'body' });
}

function checkMediaType(rule: BodyRule, headers: HeaderReader): void {
  const types = rule.types ?? ['application/json'];
  const encoding = headers.get('content-encoding');
  if (encoding && encoding !== 'identity') {
    throw new Problem(415, 'unsupported-content-encoding', 'Send the body as it is, without Content-Encoding.');
  }
  const [type, ...parameters] = (headers.get('content-type') ?? '').toLowerCase().split(';');
  const charset = parameters.map((part) => part.trim()).find((part) => part.startsWith('charset='));
  const isUtf8 = !charset || /^charset="?utf-8"?$/.test(charset);
  if (isUtf8 && types.includes(type?.trim() ?? '')) return;
  throw new Problem(415, 'unsupported-media-type', `Send the body as ${types.join(' or ')} in UTF-8.`);
}

const tooLarge = (limit: number): Problem =>
  new Problem(413, 'too-large', `The body may have ${limit} bytes.`, { headers: { connection: 'close' } });

const goneAway = (cause: unknown): Problem => new Problem(400, 'aborted', 'The caller went away.', { cause });

function readIncoming(incoming: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = (error?: unknown): void => {
      incoming.off('data', onData).off('end', onEnd).off('error', finish).off('close', onClose);
      if (error) reject(error instanceof Problem ? error : goneAway(error));
      else resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
    };
    const onData = (chunk: Buffer): void => {
      length += chunk.length;
      if (length > limit) finish(tooLarge(limit));
      else chunks.push(chunk);
    };
    const onEnd = (): void => finish();
    const onClose = (): void => finish(new Error('closed'));
    incoming.on('data', onData).on('end', onEnd).on('error', finish).on('close', onClose);
  });
}

async function readStream(request: Request, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Problem(400, 'invalid-unicode', 'The body is not valid UTF-8.');
  }
}
