import { incompleteBody } from './s3-error.ts';

/** Reads a stream of bytes piece by piece and holds no more of it than one chunk and what was asked for. */
export class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async #fill(): Promise<void> {
    const next = await this.#source.next();
    if (next.done === true) throw incompleteBody();
    this.#rest = this.#rest.length === 0 ? next.value : Buffer.concat([this.#rest, next.value]);
  }

  /** The bytes up to CRLF, which is left out; undefined when there are more than `maxBytes`. */
  async line(maxBytes: number): Promise<Buffer | undefined> {
    for (;;) {
      const end = this.#rest.indexOf('\r\n');
      if (end > maxBytes || (end < 0 && this.#rest.length > maxBytes + 1)) return undefined;
      if (end < 0) await this.#fill();
      else {
        const line = this.#rest.subarray(0, end);
        this.#rest = this.#rest.subarray(end + 2);
        return line;
      }
    }
  }

  /** The next `length` bytes, in chunks. */
  async *exactly(length: number): AsyncGenerator<Buffer> {
    let left = length;
    while (left > 0) {
      if (this.#rest.length === 0) await this.#fill();
      const chunk = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(chunk.length);
      left -= chunk.length;
      yield chunk;
    }
  }

  /** What comes before `mark`, in chunks; the mark itself is passed over. */
  async *until(mark: Buffer): AsyncGenerator<Buffer> {
    for (;;) {
      const place = this.#rest.indexOf(mark);
      const safe = place < 0 ? Math.max(0, this.#rest.length - mark.length + 1) : place;
      const chunk = this.#rest.subarray(0, safe);
      this.#rest = this.#rest.subarray(place < 0 ? safe : safe + mark.length);
      if (chunk.length > 0) yield chunk;
      if (place >= 0) return;
      await this.#fill();
    }
  }
}

/** All of a stream; undefined when it is longer than `maxBytes`. */
export async function readAtMost(source: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
