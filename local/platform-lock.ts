import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { readJson, writeAtomically } from './disk-state.ts';
import { MachineFault } from './fault.ts';

const answerMs = 1_000;
const endMs = 5_000;

/** Holds a data folder for this process. The kernel gives it back when the process ends, however it ends. */
export async function lockFolder(dataDir: string, facts: { url: string }): Promise<{ release(): void }> {
  const name = `\0millrace-${createHash('sha256').update(dataDir).digest('hex').slice(0, 32)}`;
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end(JSON.stringify({ pid: process.pid, url: facts.url }));
  });
  if (await tryListen(server, name)) return { release: () => void server.close() };
  const holder = await askHolder(name);
  throw new MachineFault(
    `the platform already runs on ${dataDir}${holder ? `: process ${holder.pid}, ${holder.url}` : ''}. Use that one, stop it (Ctrl-C), or set another DATA_DIR and PORT.`,
  );
}

function tryListen(server: Server, name: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
    );
    server.listen(name, () => resolve(true));
  });
}

function askHolder(name: string): Promise<{ pid: number; url: string } | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const finish = (): void => {
      socket.destroy();
      try {
        resolve(JSON.parse(text) as { pid: number; url: string });
      } catch {
        resolve(undefined);
      }
    };
    const socket = connect(name).setEncoding('utf8').setTimeout(answerMs, finish);
    socket.on('data', (part: string) => {
      text = (text + part).slice(0, 1_000);
    });
    socket.once('error', finish).once('end', finish);
  });
}

const processList = z.array(z.object({ name: z.string(), pid: z.int().positive(), startedAt: z.string() }));

/** Remembers on disk which processes are ours, so that the next start can end what a killed supervisor left. */
export async function recordProcesses(path: string, pids: Record<string, number>): Promise<void> {
  const list = await Promise.all(
    Object.entries(pids).map(async ([name, pid]) => ({ name, pid, startedAt: (await startTimeOf(pid)) ?? '' })),
  );
  await writeAtomically(path, JSON.stringify(list));
}

/** Ends processes of an earlier supervisor on this folder. A number that another process has by now is left alone. */
export async function endLeftProcesses(path: string): Promise<string[]> {
  const parsed = processList.safeParse(await readJson(path).catch(() => undefined));
  if (!parsed.success) return [];
  const left: typeof parsed.data = [];
  for (const one of parsed.data)
    if (one.startedAt !== '' && (await startTimeOf(one.pid)) === one.startedAt) left.push(one);
  for (const one of left) {
    try {
      process.kill(one.pid, 'SIGKILL');
    } catch {
      // It ended in between.
    }
  }
  const deadline = Date.now() + endMs;
  for (const one of left)
    while ((await startTimeOf(one.pid)) === one.startedAt && Date.now() < deadline) await delay(20);
  return left.map((one) => one.name);
}

/** When a process started, in ticks since boot; nothing when there is none, or only its remains. Source: proc(5), fields 3 and 22. */
async function startTimeOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : fields[19];
}
