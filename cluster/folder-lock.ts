import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { EnvironmentFault } from '@millrace/policies/environment-fault.ts';
import { z } from 'zod';

const answerMs = 5_000;
const endMs = 5_000;
const pollMs = 20;

/** Holds a folder for this process. The kernel gives it back when the process ends, however it ends. */
export async function lockFolder(folder: string): Promise<{ release(): void }> {
  const name = `\0millrace-cluster-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}`;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(String(process.pid));
  });
  const isOurs = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    server.listen(name, () => resolve(true));
  });
  if (isOurs) {
    server.unref();
    return { release: () => void server.close() };
  }
  const holder = await askHolder(name);
  throw new EnvironmentFault(
    `E920 a cluster already runs on ${folder}${holder ? ` (process ${holder})` : ''}. Use that one, stop it, or set another DATA_DIR.`,
  );
}

function askHolder(name: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(name).setEncoding('utf8');
    const finish = (): void => {
      socket.destroy();
      resolve(/^\d{1,10}$/.test(text) ? text : '');
    };
    socket.setTimeout(answerMs, finish);
    socket.on('data', (part: string) => {
      text = (text + part).slice(0, 100);
    });
    socket.once('error', finish).once('end', finish);
  });
}

const processList = z.array(z.object({ name: z.string(), pid: z.int().positive(), startedAt: z.string() }));

/** Writes a file so that a reader sees the old one or the new one and never a part. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const aside = `${path}.${process.pid}.part`;
  await writeFile(aside, text, { mode: 0o600 });
  await rename(aside, path);
}

/** Remembers on disk which processes are ours, so that the next start can end what a killed supervisor left. */
export async function recordProcesses(path: string, pids: Record<string, number>): Promise<void> {
  const list = Object.entries(pids).map(([name, pid]) => ({ name, pid, startedAt: startTimeOf(pid) ?? '' }));
  await writeAtomically(path, JSON.stringify(list));
}

/** Ends processes of an earlier supervisor on this folder. A number that another process has by now is left alone. */
export async function endLeftProcesses(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => '[]');
  const parsed = processList.safeParse(parseJson(text));
  const left = (parsed.data ?? []).filter(({ pid, startedAt }) => startedAt !== '' && startTimeOf(pid) === startedAt);
  for (const { pid } of left) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended in between.
    }
  }
  const until = performance.now() + endMs;
  for (const { pid, startedAt } of left)
    while (startTimeOf(pid) === startedAt && performance.now() < until) await delay(pollMs);
  return left.map(({ name }) => name);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** When a process started, in ticks since boot; nothing when there is none, or only its remains. Source: proc(5), fields 3 and 22. */
function startTimeOf(pid: number): string | undefined {
  let text = '';
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : fields[19];
}
