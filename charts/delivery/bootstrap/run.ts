import { spawnSync } from 'node:child_process';
import { CommandFault } from '../../command-fault.ts';
import type { Command } from './plan.ts';

/** Longer than any of the commands waits by itself. */
const deadlineMs = 15 * 60_000;
const maxBytes = 64 * 1024 * 1024;

/** Refuses before anything is begun when a program is not there. @throws CommandFault (5) */
export function assertTools(programs: readonly Command['program'][]): void {
  const missing = programs.filter((program) => spawnSync(program, ['--help'], { stdio: 'ignore' }).error);
  if (missing.length === 0) return;
  throw new CommandFault(5, `${missing.join(' and ')}: not on PATH. Install it; argocd/README.md says which version.`);
}

/** Runs a command, and before it what it gets its input from; gives what it says. @throws CommandFault (5) with its own words. */
export function run({ program, words, input, from }: Command): string {
  const given = from ? run(from) : input;
  const { status, stdout, stderr, error } = spawnSync(program, [...words], {
    encoding: 'utf8',
    timeout: deadlineMs,
    maxBuffer: maxBytes,
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(given !== undefined && { input: given }),
  });
  if (status === 0) return stdout;
  const why = error?.message ?? stderr.trim().split('\n').at(-1) ?? `exit code ${status}`;
  throw new CommandFault(5, `${commandLine({ program, words })}: ${why} Mend that and run it again.`);
}

/** A command as a person would type it. */
export function commandLine({ program, words, input, from }: Command): string {
  const typed = [program, ...words].map((word) => (/^[\w./:=@{}[\]-]+$/.test(word) ? word : `'${word}'`)).join(' ');
  if (from) return `${commandLine(from)} | ${typed}`;
  return input === undefined ? typed : `… | ${typed}`;
}
