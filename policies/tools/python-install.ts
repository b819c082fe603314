import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readConfig } from '../config.ts';
import { EnvironmentFault } from '../environment-fault.ts';
import type { PythonProgram } from './programs.ts';
import { tellTime } from './turn.ts';

const installDeadlineMs = 15 * 60_000;

interface PythonInstall {
  name: string;
  program: PythonProgram;
  folder: string;
}

/** Installs a program into an environment of its own, whole or not at all. */
export async function installFromPython({ name, program, folder }: PythonInstall): Promise<void> {
  const unfinished = `${folder}.${randomUUID()}`;
  const requirements = join(import.meta.dirname, program.requirements);
  process.stderr.write(`Installing ${name} from PyPI, once: about 1 min.\n`);
  const quiet = tellTime(name);
  try {
    await run('python3', ['-m', 'venv', unfinished]);
    await run(join(unfinished, 'bin/python'), ['-m', 'pip', 'install', '--quiet', '--requirement', requirements]);
    // What lies there already lacks its program: its Python is gone.
    rmSync(folder, { recursive: true, force: true });
    // Python and its modules work in another folder too.
    renameSync(unfinished, folder);
  } catch (error) {
    throw new EnvironmentFault(`E917 ${name} could not be installed. ${remedy(program, error)}`);
  } finally {
    quiet();
    rmSync(unfinished, { recursive: true, force: true });
  }
}

async function run(program: string, words: string[]): Promise<void> {
  const { environment } = readConfig();
  await promisify(execFile)(program, words, { timeout: installDeadlineMs, env: environment });
}

function remedy({ python }: PythonProgram, error: unknown): string {
  const failure = error as NodeJS.ErrnoException & { stderr?: string };
  if (failure.code === 'ENOENT') return `Install Python ${python} or newer.`;
  const said = failure.stderr?.split('\n').find((line) => /error/i.test(line));
  return `It needs Python ${python} or newer. ${said ?? failure.message.split('\n')[0]}`;
}
