import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { repositoryRoot } from './diff/command.ts';

/** What a program of `policies/` is asked; it answers with JSON. */
export interface Question<Answer extends z.ZodType> {
  /** Its path below `policies/`. */
  program: string;
  words: readonly string[];
  answer: Answer;
  /** The exit codes with which it has answered. */
  codes: readonly number[];
  variables: Record<string, string | undefined>;
  cwd?: string;
}

interface Ended {
  /** Exit code, or the signal that ended it. */
  code: number | string | null;
  out: string;
  /** Its last line on standard error. */
  complaint: string;
}

/** Tools are built on first use. */
const deadlineMs = 30 * 60_000;
const maxOutputBytes = 256 * 1024 * 1024;

/**
 * Runs a program of `policies/` and gives its answer. What it says meanwhile on standard error is shown, but for the last line:
 * that one may be why it ended. @throws Error with the reason when it gave no answer.
 */
export async function askPolicies<Answer extends z.ZodType>(question: Question<Answer>): Promise<z.output<Answer>> {
  if (!existsSync(programOf(question))) throw new Error(`there is no policies/${question.program}`);
  const { code, out, complaint } = await run(question);
  if (typeof code !== 'number' || !question.codes.includes(code)) throw new Error(complaint || `it ended with ${code}`);
  const parsed = question.answer.safeParse(jsonOf(out));
  if (!parsed.success) throw new Error('its answer was not understood');
  return parsed.data;
}

const programOf = ({ program }: Question<z.ZodType>): string => join(repositoryRoot, 'policies', program);

function run(question: Question<z.ZodType>): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [programOf(question), ...question.words], {
      ...(question.cwd !== undefined && { cwd: question.cwd }),
      env: question.variables,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: deadlineMs,
    });
    const out: Buffer[] = [];
    let bytes = 0;
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxOutputBytes) out.push(chunk);
      else child.kill();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      const lines = (complaint + chunk.toString()).split(/(?<=\n)(?=.)/);
      complaint = lines.pop() ?? '';
      process.stderr.write(lines.join(''));
    });
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({ code: code ?? signal, out: Buffer.concat(out).toString('utf8'), complaint: complaint.trim() }),
    );
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
