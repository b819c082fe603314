import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CommandFault } from '../command-fault.ts';
import { repositoryRoot } from '../diff/command.ts';
import type { PolicyFinding } from '../diff/new-findings.ts';
import type { EnvironmentFiles } from '../synth.ts';
import { releaseVariables } from './config.ts';
import { writeAside } from './render-release.ts';

/** Tools are built on first use. */
const deadlineMs = 30 * 60_000;
const maxOutputBytes = 64 * 1024 * 1024;
const maxNamed = 20;
const advice = 'Give CHECK=0 to leave the checks to CI.';

const answer = z.object({
  findings: z.array(
    z.object({
      part: z.string(),
      severity: z.string(),
      rule: z.string(),
      file: z.string(),
      line: z.number(),
      object: z.string(),
      message: z.string(),
    }),
  ),
});
type Finding = z.output<typeof answer>['findings'][number];

/**
 * Asks `make validate` of what was rendered, before anything is written; gives its warnings, those of Fargate left out.
 * @throws CommandFault 4 with what breaks a rule; 5 when the checks cannot run here.
 */
export async function assertPolicies(set: EnvironmentFiles): Promise<PolicyFinding[]> {
  const program = join(repositoryRoot, 'policies/validate.ts');
  if (!existsSync(program)) throw new CommandFault(5, `There is no ${program} to check the manifests. ${advice}`);
  const folder = writeAside(set);
  try {
    const { code, out, complaint } = await run(program, folder);
    if (code !== 0 && code !== 4) throw silent(complaint.trim() || `it ended with ${code}`);
    const parsed = answer.safeParse(jsonOf(out));
    if (!parsed.success) throw silent('its answer was not understood');
    const errors = parsed.data.findings.filter(({ severity }) => severity === 'error');
    if (errors.length > 0) throw new CommandFault(4, linesOf(errors).join('\n'));
    return parsed.data.findings.filter(({ part }) => part !== 'fargate');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function linesOf(errors: readonly Finding[]): string[] {
  const lines = errors.map(({ file, line, rule, object, message }) => `${file}:${line}: ${rule} ${object}: ${message}`);
  const rest = lines.length - maxNamed;
  return [
    ...lines.slice(0, maxNamed),
    ...(rest > 0 ? [`and ${rest} more`] : []),
    'Nothing was committed. Mend the catalog, commit that, and run this again.',
  ];
}

const silent = (reason: string): CommandFault =>
  new CommandFault(5, `The manifests could not be checked: ${reason.replace(/\.$/, '')}. ${advice}`);

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function run(program: string, cwd: string): Promise<{ code: number | null; out: string; complaint: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, join(cwd, 'manifests')], {
      cwd,
      env: { ...releaseVariables(), ENV: '', JSON: '1' },
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
      // Tools that are built on first use say so; the last line is kept, because it may be why it ended.
      const lines = (complaint + chunk.toString()).split(/(?<=\n)(?=.)/);
      complaint = lines.pop() ?? '';
      process.stderr.write(lines.join(''));
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out: Buffer.concat(out).toString('utf8'), complaint }));
  });
}
