import { validateHeaderValue } from 'node:http';
import type { S3Request } from './request.ts';
import { invalidArgument, notImplemented, S3Error } from './s3-error.ts';

const kept = [
  'content-type',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
];
const maxMetadataBytes = 2048;
const maxHeaderBytes = 8192;
const usualType = 'binary/octet-stream';

/** Headers whose meaning is lost here: better to refuse than to seem to do it. */
const missing =
  /^x-amz-(acl|grant-.*|copy-source.*|tagging|object-lock-.*|website-redirect-location|write-offset-bytes|server-side-encryption-customer-.*)$/;

/** The headers of a new object that go out again with its content. */
export function objectHeaders(request: Pick<S3Request, 'header' | 'headerNames'>): Record<string, string> {
  const names = request.headerNames.filter((name) => kept.includes(name) || name.startsWith('x-amz-meta-'));
  const headers = Object.fromEntries(names.map((name) => [name, plainText(name, request.header(name) ?? '')]));
  const refused = request.headerNames.find((name) => missing.test(name) && !isUsualAcl(name, request.header(name)));
  if (refused !== undefined) throw notImplemented(refused);
  const encoding = (headers['content-encoding'] ?? '').replace(/\s*aws-chunked\s*,?\s*/i, '').replace(/,\s*$/, '');
  delete headers['content-encoding'];
  if (encoding !== '') headers['content-encoding'] = encoding;
  headers['content-type'] ||= usualType;
  checkSizes(headers);
  return headers;
}

const isUsualAcl = (name: string, value: string | undefined): boolean =>
  name === 'x-amz-acl' && (value === 'private' || value === 'bucket-owner-full-control');

function plainText(name: string, value: string): string {
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value)) {
    throw invalidArgument('Header value contains invalid characters.', { ArgumentName: name });
  }
  // What does not fit into a header goes out as S3 sends it, in the form of RFC 2047.
  return /^[\u0000-\u00ff]*$/.test(value) ? value : `=?UTF-8?B?${Buffer.from(value).toString('base64')}?=`;
}

function checkSizes(headers: Record<string, string>): void {
  const sizeOf = (entries: [string, string][]): number =>
    entries.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  const metadata = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    name.startsWith('x-amz-meta-') ? [[name.slice('x-amz-meta-'.length), value]] : [],
  );
  if (sizeOf(metadata) > maxMetadataBytes) {
    throw new S3Error(400, 'MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size', {
      MaxSizeAllowed: String(maxMetadataBytes),
    });
  }
  if (sizeOf(Object.entries(headers)) > maxHeaderBytes) {
    throw new S3Error(
      400,
      'RequestHeaderSectionTooLarge',
      'Your request header section exceeds the maximum allowed size.',
    );
  }
}

const overrides = [
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-type',
  'expires',
];

/** The headers that a request wants instead of the object's: `response-content-type` and the like. */
export function overriddenHeaders({ query }: S3Request): Record<string, string> {
  const found = overrides.flatMap((name): [string, string][] => {
    const value = query.get(`response-${name}`);
    return value === undefined ? [] : [[name, value]];
  });
  for (const [name, value] of found) {
    try {
      validateHeaderValue(name, value);
    } catch {
      throw invalidArgument('Header value cannot be represented using ISO-8859-1.', {
        ArgumentName: `response-${name}`,
      });
    }
  }
  return Object.fromEntries(found);
}
