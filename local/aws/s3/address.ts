import { invalidArgument, S3Error } from './s3-error.ts';

/** What a request's URL names. An empty bucket is the service itself, an empty key the bucket. */
export interface Address {
  bucket: string;
  key: string;
  query: ReadonlyMap<string, string>;
}

const maxKeyBytes = 1024;
const maxParameters = 100;

/** Reads `/bucket/key?query` as it was sent: dots and slashes of a key are characters and never resolved. */
export function readAddress(url: string): Address {
  const { path, query } = splitUrl(url);
  const [, bucket = '', key = ''] = /^\/([^/]*)\/?([\s\S]*)$/.exec(path) ?? [];
  return { bucket: decode(bucket), key: checkKey(decode(key)), query: readQuery(query) };
}

/** Path and query of a request's URL, still encoded. Proxies ask with a whole URL. */
export function splitUrl(url: string): { path: string; query: string } {
  const local = url.replace(/^https?:\/\/[^/?]*/i, '');
  const mark = local.indexOf('?');
  return mark < 0 ? { path: local, query: '' } : { path: local.slice(0, mark), query: local.slice(mark + 1) };
}

function readQuery(text: string): Map<string, string> {
  const pairs = text.split('&').filter((pair) => pair !== '');
  if (pairs.length > maxParameters) throw invalidArgument('There are too many query parameters.');
  return new Map(
    pairs.map((pair) => {
      const mark = pair.indexOf('=');
      const [name, value] = mark < 0 ? [pair, ''] : [pair.slice(0, mark), pair.slice(mark + 1)];
      return [decode(name.replaceAll('+', ' ')), decode(value.replaceAll('+', ' '))];
    }),
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error(400, 'InvalidURI', "Couldn't parse the specified URI.", { URI: text });
  }
}

/** Refuses a key that S3 would not take. */
export function checkKey(key: string): string {
  const bytes = Buffer.byteLength(key);
  if (bytes <= maxKeyBytes) return key;
  throw new S3Error(400, 'KeyTooLongError', 'Your key is too long', {
    Size: String(bytes),
    MaxSizeAllowed: String(maxKeyBytes),
  });
}

/** As signatures and Location headers spell text: everything but A-Z a-z 0-9 - . _ ~ is encoded. */
export const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** A key as it stands in a URL: its slashes are not encoded. */
export const encodePath = (key: string): string => key.split('/').map(encode).join('/');
