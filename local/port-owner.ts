import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';

const listening = '0A';
const maxProcesses = 50_000;

/** The process that listens on a TCP port, as far as /proc tells this user. */
export async function findPortOwner(port: number): Promise<{ pid: number; command: string } | undefined> {
  const inodes = new Set((await Promise.all(['tcp', 'tcp6'].map((table) => listenersOf(table, port)))).flat());
  if (inodes.size === 0) return undefined;
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).slice(0, maxProcesses);
  for (const pid of pids) {
    if (!(await holds(pid, inodes))) continue;
    return { pid: Number(pid), command: shortCommand(await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')) };
  }
  return undefined;
}

/** Source: proc(5): local address, state and inode are columns 2, 4 and 10 of /proc/net/tcp. */
async function listenersOf(table: string, port: number): Promise<string[]> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = (await readFile(`/proc/net/${table}`, 'utf8').catch(() => '')).split('\n').slice(1);
  return lines.flatMap((line) => {
    const columns = line.trim().split(/\s+/);
    return columns[1]?.endsWith(wanted) && columns[3] === listening && columns[9] ? [columns[9]] : [];
  });
}

async function holds(pid: string, inodes: ReadonlySet<string>): Promise<boolean> {
  const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
  for (const file of files) {
    const target = await readlink(`/proc/${pid}/fd/${file}`).catch(() => '');
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode && inodes.has(inode)) return true;
  }
  return false;
}

/** The program without its folders, and what it was given without options: `node server.ts`. */
function shortCommand(cmdline: string): string {
  const [program = '', ...given] = cmdline.split('\0').filter(Boolean);
  const words = [basename(program), ...given.filter((word) => !word.startsWith('-'))];
  return words.join(' ').slice(0, 120);
}
