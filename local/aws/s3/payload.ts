import { ByteReader } from './byte-reader.ts';
import type { Checksum, Expected } from './measure.ts';
import type { S3Request } from './request.ts';
import { chunksOf } from './request.ts';
import { incompleteBody, invalidArgument, notImplemented, S3Error } from './s3-error.ts';

export interface Payload {
  source: AsyncIterable<Buffer>;
  /** The checksums that will have to be compared. */
  checksums: readonly Checksum[];
  /** What its sender said of it; complete when the source has ended, because trailers come last. */
  expected(): Expected;
}

const checksumHeaders = {
  'content-md5': 'md5',
  'x-amz-checksum-crc32': 'crc32',
  'x-amz-checksum-sha1': 'sha1',
  'x-amz-checksum-sha256': 'sha256',
} as const;

/** The body of PutObject, without the chunks that SDKs put around its parts. */
export function payloadOf(request: S3Request): Payload {
  const { headers } = request.message;
  const hash = request.header('x-amz-content-sha256') ?? '';
  const isChunked = hash.startsWith('STREAMING-') || /(^|,)\s*aws-chunked/i.test(headers['content-encoding'] ?? '');
  const length = lengthIn(isChunked ? request.header('x-amz-decoded-content-length') : headers['content-length']);
  const signed = /^[0-9a-f]{64}$/.test(hash) ? { signed: Buffer.from(hash, 'hex').toString('base64') } : {};
  const fromHeaders = { ...signed, ...sumsIn((name) => headers[name]?.toString()) };
  const trailers = new Map<string, string>();
  const announced = sumsIn((name) => (headers['x-amz-trailer']?.includes(name) ? '' : undefined));
  return {
    source: isChunked ? unchunk(chunksOf(request.message), trailers) : chunksOf(request.message),
    checksums: Object.keys({ ...fromHeaders, ...announced }) as Checksum[],
    expected: () => ({ length, sums: { ...fromHeaders, ...sumsIn((name) => trailers.get(name)) } }),
  };
}

function lengthIn(text: string | undefined): number {
  if (text === undefined) {
    throw new S3Error(411, 'MissingContentLength', 'You must provide the Content-Length HTTP header.');
  }
  if (!/^\d{1,15}$/.test(text)) throw invalidArgument('The length of the content is not a number.');
  return Number(text);
}

function sumsIn(header: (name: string) => string | undefined): Partial<Record<Checksum, string>> {
  const found = Object.entries(checksumHeaders).flatMap(([name, kind]): [string, string][] => {
    const value = header(name);
    return value === undefined ? [] : [[kind, value]];
  });
  return Object.fromEntries(found);
}

const maxLineBytes = 8192;
const maxTrailers = 20;

/** aws-chunked: `<hex size>[;chunk-signature=…]` CRLF bytes CRLF …, size 0, trailers. Signatures of chunks are not verified. */
async function* unchunk(source: AsyncIterable<Buffer>, trailers: Map<string, string>): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source);
  for (;;) {
    const size = /^([0-9a-f]{1,8})(;.*)?$/i.exec(await lineOf(reader))?.[1];
    if (size === undefined) throw incompleteBody();
    if (Number.parseInt(size, 16) === 0) break;
    yield* reader.exactly(Number.parseInt(size, 16));
    if ((await lineOf(reader)) !== '') throw incompleteBody();
  }
  for (let count = 0; count <= maxTrailers; count += 1) {
    const trailer = await lineOf(reader);
    if (trailer === '') return;
    const mark = trailer.indexOf(':');
    trailers.set(trailer.slice(0, mark).trim().toLowerCase(), trailer.slice(mark + 1).trim());
  }
  throw notImplemented('x-amz-trailer');
}

async function lineOf(reader: ByteReader): Promise<string> {
  const line = await reader.line(maxLineBytes);
  if (line === undefined) throw incompleteBody();
  return line.toString('latin1');
}
