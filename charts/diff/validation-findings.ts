import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentNames } from '@millrace/catalog/environments.ts';
import { z } from 'zod';
import { commandVariables } from '../cost/config.ts';
import { repositoryRoot } from './command.ts';
import type { PolicyFinding } from './new-findings.ts';
import type { Snapshot } from './snapshot.ts';

/** What `make validate` says of a side, by environment, or why it says nothing. */
export interface ValidationFindings {
  byEnvironment: ReadonlyMap<string, PolicyFinding[]>;
  note: string | undefined;
}

const deadlineMs = 300_000;
const maxOutputBytes = 64 * 1024 * 1024;
/** 0: nothing to mend, 4: findings. Everything else gave no answer. */
const answers = new Set<number | null>([0, 4]);

const answer = z.object({
  findings: z.array(
    z.object({
      environment: z.string(),
      part: z.string(),
      severity: z.string(),
      rule: z.string(),
      object: z.string(),
      message: z.string(),
    }),
  ),
});

/** Asks `policies/validate.ts` for schemas, admission policies and the platform contract; Fargate's rules are asked here. */
export async function validationFindings(side: Snapshot, environments: readonly string[]): Promise<ValidationFindings> {
  const program = join(repositoryRoot, 'policies/validate.ts');
  const names = environments.filter((name) => side.environments.has(name) && isKnown(name));
  if (names.length === 0) return { byEnvironment: new Map(), note: undefined };
  if (!existsSync(program)) return silent('there is no policies/validate.ts');
  const folder = mkdtempSync(join(tmpdir(), 'millrace-diff-'));
  try {
    writeSide(folder, side, names);
    const { code, out, complaint } = await run(program, folder);
    if (!answers.has(code)) return silent(complaint.split('\n')[0] || `it ended with ${code}`);
    const parsed = answer.safeParse(JSON.parse(out));
    if (!parsed.success) return silent('its answer was not understood');
    return { byEnvironment: new Map(names.map((name) => [name, findingsOf(parsed.data, name)])), note: undefined };
  } catch (error) {
    return silent(error instanceof Error ? error.message : String(error));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const silent = (reason: string): ValidationFindings => ({
  byEnvironment: new Map(),
  note: `Schemas and admission policies were not evaluated: ${reason}. See "make validate".`,
});

const isKnown = (name: string): boolean => environmentNames.some((known) => known === name);

const findingsOf = ({ findings }: z.output<typeof answer>, name: string): PolicyFinding[] =>
  findings
    .filter(({ environment, part }) => environment === name && part !== 'fargate')
    .map(({ severity, rule, object, message }) => ({ severity, rule, object, message }));

/** JSON is YAML too. Files are named by number: what stands in them is what counts. */
function writeSide(folder: string, side: Snapshot, names: readonly string[]): void {
  for (const name of names) {
    mkdirSync(join(folder, name));
    for (const [index, { manifest }] of (side.environments.get(name)?.manifests ?? []).entries()) {
      writeFileSync(join(folder, name, `${index}.yaml`), JSON.stringify(manifest));
    }
  }
}

function run(program: string, folder: string): Promise<{ code: number | null; out: string; complaint: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, folder], {
      env: { ...commandVariables(), JSON: '1' },
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
      complaint = (complaint + chunk.toString()).slice(0, 2_000);
      // Its tools are built on first use, which takes minutes: a person sees that something happens.
      process.stderr.write(chunk);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out: Buffer.concat(out).toString('utf8'), complaint }));
  });
}
