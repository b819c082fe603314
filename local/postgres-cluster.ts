import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, readdir, readFile, readlink, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MachineFault, onDisk } from './fault.ts';
import { accountFor, postgresCommand } from './postgres-binaries.ts';

/** The version whose files we write. Another one's data folder is refused, not touched. */
const majorVersion = '17';
const passwordFile = 'millrace-password';
const quitMs = 20_000;
const lastLines = 8;

/** An account of the machine. */
export type Account = { uid: number; gid: number } | undefined;

/**
 * Makes the data folder unless it exists: aside first and then renamed, so that a kill half way leaves nothing half done.
 * @returns the account that owns it, when it is not ours to run as.
 */
export async function ensureCluster(native: string, dataDir: string, options: { sync: boolean }): Promise<Account> {
  await onDisk(dirname(dataDir), () => mkdir(dirname(dataDir), { recursive: true }));
  await removeHalfMade(dataDir);
  if (existsSync(dataDir)) {
    const account = await checkCluster(dataDir);
    if (account !== 'empty') return account;
    await onDisk(dataDir, () => rmdir(dataDir));
  }
  const account = accountFor(undefined);
  const aside = `${dataDir}.half-made-${process.pid}`;
  await onDisk(aside, () => initialise({ native, aside, account, sync: options.sync }));
  await onDisk(dataDir, () => rename(aside, dataDir));
  return account;
}

async function removeHalfMade(dataDir: string): Promise<void> {
  const prefix = `${basename(dataDir)}.half-made-`;
  const left = (await readdir(dirname(dataDir))).filter((name) => name.startsWith(prefix));
  for (const name of left.slice(0, 100)) {
    if (existsSync(`/proc/${name.slice(prefix.length)}`) && name !== `${prefix}${process.pid}`) continue;
    await onDisk(dataDir, () => rm(join(dirname(dataDir), name), { recursive: true, force: true }));
  }
}

async function checkCluster(dataDir: string): Promise<Account | 'empty'> {
  const version = await readFile(join(dataDir, 'PG_VERSION'), 'utf8').catch(
    (error: NodeJS.ErrnoException) => error.code,
  );
  if (version === 'EACCES') {
    throw new MachineFault(
      `${dataDir} belongs to another user. Give it to this one (sudo chown -R "$(id -u)" ${dataDir}) or set DATA_DIR.`,
    );
  }
  if (version === 'ENOENT' && (await readdir(dataDir)).length === 0) return 'empty';
  if (version === 'ENOENT' || version === 'ENOTDIR') {
    throw new MachineFault(
      `${dataDir} is not a PostgreSQL data folder. Move it away or set DATA_DIR to another folder.`,
    );
  }
  if (version?.trim() !== majorVersion) {
    throw new MachineFault(
      `${dataDir} was made by PostgreSQL ${version?.trim()}; this is ${majorVersion}. Move it away or set DATA_DIR to another folder.`,
    );
  }
  const owner = (await stat(dataDir)).uid;
  const self = process.getuid?.();
  if (self !== 0 && self !== owner) {
    throw new MachineFault(
      `${dataDir} belongs to user ${owner}. Give it to this one (sudo chown -R "$(id -u)" ${dataDir}) or set DATA_DIR.`,
    );
  }
  // Root's own folder can only be one that somebody copied; PostgreSQL never made it.
  if (self === 0 && owner === 0)
    throw new MachineFault(
      `${dataDir} belongs to root, which PostgreSQL refuses. Run: chown -R 65534:65534 ${dataDir}`,
    );
  return accountFor(owner);
}

async function initialise(work: { native: string; aside: string; account: Account; sync: boolean }): Promise<void> {
  const { native, aside, account, sync } = work;
  await mkdir(aside, { mode: 0o700 });
  const password = randomBytes(18).toString('base64url');
  const secret = `${aside}.password`;
  await writeFile(secret, password, { mode: 0o600 });
  if (account) await Promise.all([chown(aside, account.uid, account.gid), chown(secret, account.uid, account.gid)]);
  try {
    const args = [`--pgdata=${aside}`, '--username=postgres', `--pwfile=${secret}`, '--auth=scram-sha-256'];
    const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    const run = postgresCommand(
      join(native, 'bin', 'initdb'),
      [...args, ...locale, ...(sync ? [] : ['--no-sync'])],
      account,
    );
    await finish(run, aside);
    await rename(secret, join(aside, passwordFile));
  } finally {
    await rm(secret, { force: true });
  }
}

async function finish(run: ReturnType<typeof postgresCommand>, folder: string): Promise<void> {
  const child = spawn(run.command, run.args, {
    ...run.account,
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lines = collectLines(child);
  const code = await new Promise<number | string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit, signal) => resolve(exit ?? signal ?? 'unknown'));
  });
  if (code === 0) return;
  const reason = lines.find((line) => /error|fatal|cannot|could not/i.test(line)) ?? lines.at(-1) ?? `exit ${code}`;
  await rm(folder, { recursive: true, force: true });
  throw machineReason(reason, folder);
}

/** Says in our words what PostgreSQL said in its own, where a person can mend it. */
export function machineReason(reason: string, folder: string): MachineFault {
  if (/No space left on device|could not extend file/i.test(reason))
    return new MachineFault(
      `the disk that holds ${folder} is full. Free some space; nothing that was committed is lost.`,
    );
  if (/quota/i.test(reason))
    return new MachineFault(
      `the disk quota of ${folder} is used up. Free some space; nothing that was committed is lost.`,
    );
  if (/Permission denied/i.test(reason))
    return new MachineFault(
      `PostgreSQL may not use ${folder}: ${reason}. Check who owns it and the folders above it, or set DATA_DIR.`,
    );
  const what = reason.replace(/^[\d-]+ [\d:.]+ UTC \[\d+\] /, '');
  return new MachineFault(`PostgreSQL does not start in ${folder}: ${what}`);
}

/** The last lines that a child wrote to standard error. */
export function collectLines(child: ChildProcess, each: (line: string) => void = () => undefined): string[] {
  const lines: string[] = [];
  let rest = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = (parts.pop() ?? '').slice(0, 10_000);
    for (const line of parts) {
      lines.push(line);
      if (lines.length > lastLines) lines.shift();
      each(line);
    }
  });
  return lines;
}

/** The password of the superuser of a data folder. */
export async function readPassword(dataDir: string): Promise<string> {
  return onDisk(dataDir, () => readFile(join(dataDir, passwordFile), 'utf8'));
}

/** The lines of postmaster.pid: process, folder, start, port, …, and on line 8 how far it is. */
export async function readPostmaster(dataDir: string): Promise<{ pid: number; state: string } | undefined> {
  const lines = (await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, state: lines[7]?.trim() ?? '' } : undefined;
}

/** Ends a server that a killed supervisor left on this folder, and the backends that a killed server left. */
export async function endLeftover(dataDir: string): Promise<void> {
  const deadline = Date.now() + quitMs;
  for (let round = 0; Date.now() < deadline; round += 1) {
    const pids = await processesIn(dataDir);
    if (pids.length === 0) return removeStaleLock(dataDir);
    const postmaster = (await readPostmaster(dataDir))?.pid;
    const isLed = postmaster !== undefined && pids.includes(postmaster);
    if (round % 20 === 0) signalAll(isLed ? [postmaster] : pids, isLed ? gentler(round) : 'SIGKILL');
    await delay(25);
  }
  throw new MachineFault(
    `a PostgreSQL server of another session holds ${dataDir} and does not stop (process ${(await processesIn(dataDir))[0]}). End it, then start again.`,
  );
}

/**
 * Nobody works in the folder, so a lock that is left names a process that ended, or one that merely got its number.
 * PostgreSQL would wait for it: a killed server stays a zombie until somebody reaps it.
 */
async function removeStaleLock(dataDir: string): Promise<void> {
  if (existsSync('/proc/self/cwd')) await onDisk(dataDir, () => rm(join(dataDir, 'postmaster.pid'), { force: true }));
}

/** A fast shutdown first, an immediate one when that takes longer than two seconds. */
const gentler = (round: number): NodeJS.Signals => (round < 80 ? 'SIGINT' : 'SIGQUIT');

function signalAll(pids: number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended in between.
    }
  }
}

/** PostgreSQL's processes work in their data folder, which tells them from others whatever postmaster.pid says. */
async function processesIn(dataDir: string): Promise<number[]> {
  const names = (await readdir('/proc').catch(() => [] as string[])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    names.map(async (name) => {
      const folder = await readlink(`/proc/${name}/cwd`).catch(() => '');
      if (folder !== dataDir) return [];
      const program = await readFile(`/proc/${name}/comm`, 'utf8').catch(() => '');
      return program.startsWith('postgres') ? [Number(name)] : [];
    }),
  );
  return found.flat();
}
