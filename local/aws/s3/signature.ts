import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { encode, encodePath, splitUrl } from './address.ts';

/** Where and when a signature of version 4 holds. */
export interface Scope {
  accessKey: string;
  /** yyyymmdd */
  date: string;
  region: string;
  service: string;
}

/** The one pair of keys whose signatures are verified. Any other access key is taken without a look. */
export const verifiedKey = { accessKey: 'local', secret: 'local' };

export const algorithm = 'AWS4-HMAC-SHA256';

/** Reads `key/yyyymmdd/region/service/aws4_request`. */
export function readScope(credential: string): Scope | undefined {
  const found = /^(.+)\/(\d{8})\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request$/.exec(credential);
  if (found === null) return undefined;
  const [, accessKey = '', date = '', region = '', service = ''] = found;
  return { accessKey, date, region, service };
}

/** Milliseconds since 1970 of `20260102T030405Z`; NaN when it is none. */
export function readTime(text: string): number {
  const found = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (found === null) return Number.NaN;
  const [, year, month, day, hour, minute, second] = found;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

/** Whether `signature` is that of `text`; true for every access key but the verified one. */
export function isSigned(scope: Scope, text: string, signature: string): boolean {
  if (scope.accessKey !== verifiedKey.accessKey) return true;
  const parts = [scope.date, scope.region, scope.service, 'aws4_request', text];
  const expected = parts.reduce<string | Buffer>(
    (key, part) => createHmac('sha256', key).update(part).digest(),
    `AWS4${verifiedKey.secret}`,
  );
  const given = Buffer.from(signature, 'hex');
  return given.length === 32 && timingSafeEqual(given, expected as Buffer);
}

interface Signed {
  method: string;
  /** The URL as it was sent. */
  url: string;
  header(name: string): string | undefined;
  signedHeaders: readonly string[];
  payloadHash: string;
  time: string;
  scope: Scope;
}

/** What is signed of a request. */
export function textToSign(request: Signed): string {
  const { path, query } = splitUrl(request.url);
  const canonical = [
    request.method,
    encodePath(decodeURIComponent(path)),
    canonicalQuery(query),
    ...request.signedHeaders.map((name) => `${name}:${(request.header(name) ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    request.signedHeaders.join(';'),
    request.payloadHash,
  ].join('\n');
  const { date, region, service } = request.scope;
  const hash = createHash('sha256').update(canonical).digest('hex');
  return [algorithm, request.time, `${date}/${region}/${service}/aws4_request`, hash].join('\n');
}

function canonicalQuery(query: string): string {
  return query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const mark = pair.indexOf('=');
      const [name, value] = mark < 0 ? [pair, ''] : [pair.slice(0, mark), pair.slice(mark + 1)];
      return [encode(decodeURIComponent(name)), encode(decodeURIComponent(value))] as const;
    })
    .filter(([name]) => name !== 'X-Amz-Signature')
    .sort(([a, x], [b, y]) => (a === b ? order(x, y) : order(a, b)))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
