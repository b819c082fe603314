import { spawn } from 'node:child_process';
import { EnvironmentFault } from '@millrace/policies/environment-fault.ts';
import { personVariables } from '../config.ts';
import { findProgram } from '../crew.ts';

const runDeadlineMs = 600_000;
const maxChars = 16 * 1024 * 1024;
const installPages = {
  docker: 'https://docs.docker.com/get-docker',
  kind: 'https://kind.sigs.k8s.io/docs/user/quick-start',
  kubectl: 'https://kubernetes.io/docs/tasks/tools',
} as const;
export type KindTool = keyof typeof installPages;

/** The machine's own programs for a cluster in Docker. */
export interface KindTools {
  /** Runs one to its end. @returns what it wrote. @throws EnvironmentFault with its last words. */
  run(tool: KindTool, words: readonly string[], input?: string): Promise<string>;
}

/** Finds them, and asks whether Docker works. @throws EnvironmentFault that says what is missing. */
export async function findKindTools(): Promise<KindTools> {
  const names = Object.keys(installPages) as KindTool[];
  const missing = names.filter((name) => findProgram(name) === undefined);
  const [first] = missing;
  if (first) {
    const pages = missing.map((name) => `${name} (${installPages[name]})`).join(', ');
    throw new EnvironmentFault(`E925 KIND=1 needs ${pages}. Without Docker, "make cluster" does the same.`);
  }
  const tools: KindTools = { run: (tool, words, input) => run(findProgram(tool) ?? tool, { tool, words, input }) };
  await tools.run('docker', ['info', '--format', '{{.ServerVersion}}']).catch(() => {
    throw new EnvironmentFault(
      'E925 Docker does not answer ("docker info"). Start it, or run "make cluster" without KIND=1.',
    );
  });
  return tools;
}

function run(
  program: string,
  { tool, words, input }: { tool: KindTool; words: readonly string[]; input: string | undefined },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { env: personVariables(), timeout: runDeadlineMs, stdio: 'pipe' });
    let [out, said] = ['', ''];
    child.stdout.on('data', (part: Buffer) => {
      out = (out + part.toString()).slice(-maxChars);
    });
    child.stderr.on('data', (part: Buffer) => {
      said = (said + part.toString()).slice(-maxChars);
    });
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(out);
      const last = said.trim().split('\n').at(-1) ?? '';
      reject(new EnvironmentFault(`E926 "${tool} ${words.slice(0, 3).join(' ')}" failed (${signal ?? code}): ${last}`));
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
