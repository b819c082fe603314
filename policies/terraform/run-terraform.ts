import { spawn } from 'node:child_process';
import type { Terraform } from './find-terraform.ts';

/** What a run of a program left. */
export interface Ended {
  code: number;
  output: string;
  complaint: string;
  seconds: number;
}

const maxOutputBytes = 256 * 1024 * 1024;
/** Terraform first ends what it has begun, and ends its providers; one that hangs would keep it for ever. */
const goodbyeMs = 15_000;

/** Runs a program to its end, or ends it at the deadline. `onLine` hears each line while it runs. */
export function runProgram(
  words: readonly string[],
  options: { folder: string; environment: NodeJS.ProcessEnv; deadlineMs: number; onLine?: (line: string) => void },
): Promise<Ended> {
  const [program = '', ...rest] = words;
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const child = spawn(program, rest, {
      cwd: options.folder,
      env: options.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let killer: NodeJS.Timeout | undefined;
    const stop = (reason: string): void => {
      if (isStopped) return;
      [complaint, isStopped] = [`${program} ${reason}`, true];
      child.kill();
      killer = setTimeout(() => child.kill('SIGKILL'), goodbyeMs);
    };
    const timer = setTimeout(() => stop(`did not end within ${options.deadlineMs / 1000} s`), options.deadlineMs);
    // Whoever is interrupted leaves nobody at work.
    const leave = (): void => void child.kill();
    process.once('exit', leave);
    const out: Buffer[] = [];
    let bytes = 0;
    let unfinished = '';
    let complaint = '';
    let isStopped = false;
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxOutputBytes) out.push(chunk);
      else stop(`said more than ${maxOutputBytes} bytes`);
      if (!options.onLine) return;
      const lines = (unfinished + chunk.toString()).split('\n');
      unfinished = lines.pop() ?? '';
      for (const line of lines) options.onLine(line);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (!isStopped) complaint = (complaint + chunk.toString()).slice(-100_000);
    });
    const end = (code: number): void => {
      clearTimeout(timer);
      clearTimeout(killer);
      process.off('exit', leave);
      const output = Buffer.concat(out).toString('utf8');
      resolve({ code, output, complaint, seconds: (performance.now() - startedAt) / 1000 });
    };
    child.on('error', (error) => {
      complaint += error.message;
      end(127);
    });
    child.on('close', (code, signal) => {
      if (signal !== null && !isStopped) complaint += `\n${program} was ended by ${signal}`;
      end(isStopped ? 1 : (code ?? 1));
    });
  });
}

/** Runs Terraform in a folder. */
export const runTerraform = (
  { environment }: Terraform,
  words: readonly string[],
  options: { folder: string; deadlineMs: number; onLine?: (line: string) => void },
): Promise<Ended> => runProgram(['terraform', ...words, '-no-color'], { ...options, environment });
