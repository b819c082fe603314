import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CommandFault } from '@millrace/runtime/command-fault.ts';

/** A log that is read line by line, plain or compressed with gzip; which of them, its first bytes tell. */
export interface LogFile {
  bytes: number;
  /** Bytes of the file that were read so far. */
  readBytes(): number;
  lines(): AsyncIterable<string>;
}

const gzipMagic = [0x1f, 0x8b];

/** @throws CommandFault when there is no such file, or it may not be read. */
export async function openLogFile(path: string): Promise<LogFile> {
  const { bytes, isGzip } = await inspect(path);
  let readBytes = 0;
  return {
    bytes,
    readBytes: () => readBytes,
    async *lines() {
      const counted = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          readBytes += chunk.length;
          done(null, chunk);
        },
      });
      const file = createReadStream(path);
      const source: Readable = isGzip ? file.pipe(counted).pipe(createGunzip()) : file.pipe(counted);
      const failed = Promise.withResolvers<never>();
      failed.promise.catch(() => undefined);
      for (const part of [file, counted, source]) part.once('error', failed.reject);
      const lines = createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY })[Symbol.asyncIterator]();
      try {
        for (;;) {
          const next = await Promise.race([lines.next(), failed.promise]);
          if (next.done) return;
          yield next.value;
        }
      } catch (error) {
        throw unreadable(path, error);
      } finally {
        file.destroy();
      }
    },
  };
}

async function inspect(path: string): Promise<{ bytes: number; isGzip: boolean }> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    const stat = await file.stat();
    if (!stat.isFile()) throw new CommandFault(5, `${path} is not a file.`);
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(2) });
    const isGzip = bytesRead === 2 && gzipMagic.every((byte, index) => buffer[index] === byte);
    if (!isGzip && /\.(gz|gzip)$/i.test(path)) throw new CommandFault(5, `${path} is named like gzip, but is not.`);
    if (/\.(zip|bz2|xz|zst)$/i.test(path)) throw new CommandFault(5, `${path}: unpack it first, or use gzip.`);
    return { bytes: stat.size, isGzip };
  } catch (error) {
    throw error instanceof CommandFault ? error : unreadable(path, error);
  } finally {
    await file?.close();
  }
}

function unreadable(path: string, error: unknown): CommandFault {
  if (error instanceof CommandFault) return error;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'ENOENT') return new CommandFault(5, `There is no file ${path}.`);
  if (code === 'EACCES') return new CommandFault(5, `${path} may not be read: mend its rights.`);
  if (code.startsWith('Z_')) return new CommandFault(5, `${path} is damaged: its gzip data ends or breaks off.`, error);
  return new CommandFault(5, `${path} cannot be read: ${(error as Error).message}`, error);
}
