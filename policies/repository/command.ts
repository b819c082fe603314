import { spawn } from 'node:child_process';

export interface Ended {
  /** False when it exited with another code than 0, was killed or ran out of time. */
  isOk: boolean;
  output: string;
  seconds: number;
}

const maxOutputCharacters = 200_000;
/** What a program has started of its own, such as a whole platform, it ends itself in this time. */
const goodbyeMs = 60_000;

/** Runs a program of the repository's own tools to its end, or ends it after `deadlineSeconds`. Never throws. */
export function run(
  words: readonly string[],
  options: { cwd: string; deadlineSeconds: number; isShown?: boolean },
): Promise<Ended> {
  const [program = '', ...rest] = words;
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const child = spawn(program, rest, { cwd: options.cwd, stdio: ['ignore', stdio(options), stdio(options)] });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-maxOutputCharacters);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    const timer = setTimeout(() => {
      output += `\n${program} did not end within ${options.deadlineSeconds} s`;
      child.kill('SIGINT');
      killer = setTimeout(() => child.kill('SIGKILL'), goodbyeMs);
    }, options.deadlineSeconds * 1000);
    let killer: NodeJS.Timeout | undefined;
    const end = (isOk: boolean): void => {
      clearTimeout(timer);
      clearTimeout(killer);
      resolve({ isOk, output, seconds: (performance.now() - startedAt) / 1000 });
    };
    child.on('error', (error) => {
      output += error.message;
      end(false);
    });
    child.on('close', (code) => end(code === 0));
  });
}

function stdio(options: { isShown?: boolean }): 'inherit' | 'pipe' {
  return options.isShown === true ? 'inherit' : 'pipe';
}
