import { randomBytes, randomUUIDv7 } from 'node:crypto';

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

export const systemRandom: Random = {
  uuid: () => randomUUIDv7(),
  bytes: (count) => randomBytes(count),
  fraction: () => Math.random(),
};

/** Writes the first 16 bytes as a UUID of the given version with the variant of RFC 9562. */
export function formatUuid(source: Uint8Array, version: number): string {
  const bytes = Buffer.from(source.subarray(0, 16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | (version << 4);
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
