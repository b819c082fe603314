// IP addresses as AWS's matcher reads them: as upper-case hexadecimal digits, so that a network is a range of texts.

import { InvalidPatternError } from './pattern-error.ts';

const looksLikeV4 = /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+$/;
const looksLikeV6 = /^[0-9a-fA-F:]*:[0-9a-fA-F:]*$/;

/** Eight hexadecimal digits for IPv4 (also when written as ::ffff:…), 32 for IPv6, undefined for anything else. */
export function addressDigits(text: string): string | undefined {
  const bytes = addressBytes(text);
  return bytes && hexadecimal(bytes);
}

/** The lowest and highest address of `address/bits`. Throws InvalidPatternError that says what is wrong. */
export function networkDigits(network: string): { bottom: string; top: string } {
  const parts = network.replace(/\/+$/, '').split('/');
  if (parts.length !== 2) throw new InvalidPatternError("Malformed CIDR, one '/' required");
  const [address = '', mask = ''] = parts;
  if (!/^[+-]?[0-9]{1,10}$/.test(mask)) throw new InvalidPatternError('Malformed CIDR, mask bits must be an integer');
  const bits = Number(mask);
  if (bits < 0) throw new InvalidPatternError('Malformed CIDR, mask bits must not be negative');
  const bytes = addressBytes(address);
  if (bytes === undefined) throw new InvalidPatternError(`Nonstandard IP address: ${address}`);
  const width = bytes.length * 8;
  if (bits >= width) throw new InvalidPatternError(`${width === 32 ? 'IPv4' : 'IPv6'} mask bits must be < ${width}`);
  const variable = (index: number) => (1 << Math.max(0, Math.min(8, (index + 1) * 8 - bits))) - 1;
  return {
    bottom: hexadecimal(bytes.map((byte, index) => byte & ~variable(index))),
    top: hexadecimal(bytes.map((byte, index) => byte | variable(index))),
  };
}

const hexadecimal = (bytes: number[]): string =>
  bytes.map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join('');

function addressBytes(text: string): number[] | undefined {
  if (looksLikeV4.test(text)) return v4Bytes(text);
  if (looksLikeV6.test(text)) return v6Bytes(text);
  return undefined;
}

function v4Bytes(text: string): number[] | undefined {
  if (text.length > 15) return undefined;
  const bytes = text.split('.').map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

function v6Bytes(text: string): number[] | undefined {
  const halves = text.split('::');
  if (text.length < 2 || halves.length > 2) return undefined;
  const [head = '', tail] = halves;
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  if (before === undefined || after === undefined) return undefined;
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const words = [...before, ...new Array<number>(missing).fill(0), ...after];
  const bytes = words.flatMap((word) => [word >> 8, word & 255]);
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  return isMapped ? bytes.slice(12) : bytes;
}

function groups(text: string): number[] | undefined {
  if (text === '') return [];
  const words = text.split(':').map((word) => (/^[0-9a-fA-F]+$/.test(word) ? Number.parseInt(word, 16) : 65_536));
  return words.length <= 8 && words.every((word) => word <= 65_535) ? words : undefined;
}
