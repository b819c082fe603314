import { randomBytes } from 'node:crypto';

/** The time of day, passed in so that a test can own it. */
export interface Clock {
  now(): Date;
}

/** Randomness, passed in so that a run can be repeated under a seed. */
export interface Random {
  /** A UUID version 7: its first 48 bits are the time in milliseconds. */
  uuid(): string;
  bytes(count: number): Uint8Array;
  /** A number in [0, 1). */
  fraction(): number;
}

export const systemClock: Clock = { now: () => new Date() };

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Formats 16 bytes as a UUID of the given version with the RFC 9562 variant. The bytes are changed. */
export function formatUuid(bytes: Uint8Array, version: number): string {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (version << 4);
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  let text = '';
  for (let index = 0; index < 16; index += 1) {
    text += hex[bytes[index] ?? 0];
    if (index === 3 || index === 5 || index === 7 || index === 9) text += '-';
  }
  return text;
}

/** Makes a UUID version 7 from a time in milliseconds and ten random bytes (RFC 9562, section 5.7). */
export function uuidVersion7(timeMs: number, random: Uint8Array): string {
  const bytes = new Uint8Array(16);
  for (let index = 5, rest = timeMs; index >= 0; index -= 1) {
    bytes[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes.set(random.subarray(0, 10), 6);
  return formatUuid(bytes, 7);
}

export const systemRandom: Random = {
  uuid: () => uuidVersion7(Date.now(), randomBytes(10)),
  bytes: (count) => randomBytes(count),
  fraction: () => Math.random(),
};
