import { createHash } from 'node:crypto';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { CommandFault } from './command-fault.ts';

const standardWaitMs = 30_000;
const pauseMs = 50;
const answerMs = 5_000;

/**
 * Holds a folder for this process, so that two runs at once write one after the other. The kernel gives it back when the
 * process ends, however it ends. @throws CommandFault (5) that names the holder when it keeps it too long.
 */
export async function lockFolder(
  folder: string,
  options: { waitMs?: number; isStopped?: () => boolean } = {},
): Promise<{ release(): void } | 'stopped'> {
  const { waitMs = standardWaitMs, isStopped = () => false } = options;
  const name = `\0millrace-synth-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}`;
  const deadline = performance.now() + waitMs;
  while (performance.now() < deadline) {
    const release = await tryListen(name);
    if (release) return { release };
    if (isStopped()) return 'stopped';
    await delay(pauseMs);
  }
  const holder = await askHolder(name);
  const who = holder ? `process ${holder}` : 'another process';
  throw new CommandFault(5, `${folder}: E905 ${who} writes here. Wait until it is done, or end it.`);
}

function tryListen(name: string): Promise<(() => void) | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end(String(process.pid));
    });
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(name, () => resolve(() => void server.close()));
    // What is written keeps the process alive, not the lock.
    server.unref();
  });
}

function askHolder(name: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const finish = (): void => {
      socket.destroy();
      resolve(/^\d+$/.test(text) ? text : undefined);
    };
    const socket = connect(name).setEncoding('utf8').setTimeout(answerMs, finish);
    socket.on('data', (part: string) => {
      text = (text + part).slice(0, 20);
    });
    socket.once('error', finish).once('end', finish);
  });
}
