import type { Hash } from 'node:crypto';
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { incompleteBody, S3Error } from './s3-error.ts';

export type Checksum = 'md5' | 'crc32' | 'sha1' | 'sha256' | 'signed';

/** What a body must be, as its sender said before or after it; checksums in base64. */
export interface Expected {
  length?: number | undefined;
  sums: Partial<Record<Checksum, string>>;
}

/** Counts and hashes a body while it passes. MD5 and CRC32 are always wanted. */
export class Measure {
  size = 0;
  #crc32 = 0;
  readonly #hashes: Map<Checksum, Hash>;

  constructor(wanted: readonly Checksum[]) {
    const algorithms = { md5: 'md5', sha1: 'sha1', sha256: 'sha256', signed: 'sha256' } as const;
    const kinds = (['md5', 'sha1', 'sha256', 'signed'] as const).filter(
      (kind) => kind === 'md5' || wanted.includes(kind),
    );
    this.#hashes = new Map(kinds.map((kind) => [kind, createHash(algorithms[kind])]));
  }

  update(chunk: Buffer): void {
    this.size += chunk.length;
    this.#crc32 = crc32(chunk, this.#crc32);
    for (const hash of this.#hashes.values()) hash.update(chunk);
  }

  /** Once, at the end. Throws what S3 answers when the body is not what was said. */
  finish(expected: Expected): { size: number; etag: string; crc32: string } {
    if (expected.length !== undefined && expected.length !== this.size) throw incompleteBody();
    const digests = new Map([...this.#hashes].map(([kind, hash]) => [kind, hash.digest()] as const));
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(this.#crc32);
    digests.set('crc32', bytes);
    for (const [kind, wanted] of Object.entries(expected.sums)) {
      const found = digests.get(kind as Checksum)?.toString('base64');
      if (found !== undefined && found !== wanted) throw mismatch(kind as Checksum, { found, wanted });
    }
    return {
      size: this.size,
      etag: digests.get('md5')?.toString('hex') ?? '',
      crc32: bytes.toString('base64'),
    };
  }
}

function mismatch(kind: Checksum, sums: { found: string; wanted: string }): S3Error {
  if (kind === 'signed') {
    return new S3Error(
      400,
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
  const name = kind === 'md5' ? 'Content-MD5' : kind.toUpperCase();
  return new S3Error(400, 'BadDigest', `The ${name} you specified did not match the calculated checksum.`, {
    ExpectedDigest: sums.wanted,
    CalculatedDigest: sums.found,
  });
}
