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
      timeout: options.deadlineMs,
    });
    const out: Buffer[] = [];
    let bytes = 0;
    let unfinished = '';
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxOutputBytes) child.kill();
      else out.push(chunk);
      if (!options.onLine) return;
      const lines = (unfinished + chunk.toString()).split('\n');
      unfinished = lines.pop() ?? '';
      for (const line of lines) options.onLine(line);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-100_000);
    });
    const end = (code: number): void =>
      resolve({
        code,
        output: Buffer.concat(out).toString('utf8'),
        complaint,
        seconds: (performance.now() - startedAt) / 1000,
      });
    child.on('error', (error) => {
      complaint += error.message;
      end(127);
    });
    child.on('close', (code, signal) => {
      if (signal !== null) complaint += `\n${program} did not end within ${options.deadlineMs / 1000} s`;
      end(code ?? 1);
    });
  });
}

/** Runs Terraform in a folder. */
export const runTerraform = (
  { environment }: Terraform,
  words: readonly string[],
  options: { folder: string; deadlineMs: number; onLine?: (line: string) => void },
): Promise<Ended> => runProgram(['terraform', ...words, '-no-color'], { ...options, environment });
