import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { asMachineFault } from './fault.ts';

const maxBytes = 8 * 1024 * 1024;

/** A process's log: two files of at most 8 MiB, the newer one without a number. A full disk loses lines, never the process. */
export interface LogFile {
  write(bytes: Uint8Array | string): void;
  close(): void;
}

/** Opens a log for appending. @throws MachineFault when it cannot be written at all. */
export function openLogFile(path: string, onFault: (error: unknown) => void): LogFile {
  let file = open(path);
  let bytes = fstatSync(file).size;
  let isTroubled = false;
  const turn = (): void => {
    closeSync(file);
    renameSync(path, `${path}.1`);
    file = open(path);
    bytes = 0;
  };
  return {
    write: (text) => {
      try {
        if (bytes > maxBytes) turn();
        const part = typeof text === 'string' ? Buffer.from(text) : text;
        writeSync(file, part);
        bytes += part.length;
        isTroubled = false;
      } catch (error) {
        if (!isTroubled) onFault(asMachineFault(error, path));
        isTroubled = true;
      }
    },
    close: () => closeSync(file),
  };
}

function open(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, 'a', 0o600);
  } catch (error) {
    throw asMachineFault(error, path);
  }
}
