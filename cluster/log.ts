import { closeSync, copyFileSync, fstatSync, mkdirSync, openSync, readSync, statSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';

const maxBytes = 8 * 1024 * 1024;
const tailBytes = 16 * 1024;
const lastLineChars = 400;
/** How Kubernetes' programs begin a line: level, date, time, thread, source. */
const klogHead = /^[EFIW]\d{4} \S+\s+\d+ \S+\] /;

/** Opens a log for a program that appends to it. */
export function openLog(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  trimLog(path);
  return openSync(path, 'a', 0o600);
}

/**
 * Keeps a log to two files, the older one with `.1`. Programs write to the file themselves and have it open to append, so
 * it is copied and emptied, not renamed; lines of that moment may be lost.
 */
export function trimLog(path: string): void {
  try {
    if (statSync(path).size < maxBytes) return;
    copyFileSync(path, `${path}.1`);
    truncateSync(path, 0);
  } catch {
    // There is none yet, or the disk is full: a log is not worth a program.
  }
}

/** The line that says why, among what a program wrote at last. */
export function lastWords(path: string): string {
  const lines = tailOf(path)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(goroutine |\/|\t|at |node:|Node\.js v|[\^{}\])]+$|throw )/.test(line));
  const telling = lines.findLast((line) =>
    /^([EF]\d{3,4} |panic:|error:|fatal|[A-Za-z]*Error\b)|level"?[=:]"?(error|fatal|panic)/i.test(line),
  );
  const line = telling ?? lines.at(-1) ?? `see ${path}`;
  return messageOf(line).slice(0, lastLineChars);
}

/** What a line of a structured log says, without its fields. */
function messageOf(line: string): string {
  if (!line.startsWith('{')) return line.replace(klogHead, '');
  try {
    const { msg, error } = JSON.parse(line) as { msg?: string; error?: string };
    return [msg, error].filter(Boolean).join(': ') || line;
  } catch {
    return line;
  }
}

function tailOf(path: string): string {
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      const bytes = Buffer.alloc(Math.min(size, tailBytes));
      readSync(file, bytes, 0, bytes.length, size - bytes.length);
      return bytes.toString('utf8');
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}
