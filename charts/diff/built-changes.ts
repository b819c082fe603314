import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { z } from 'zod';
import { commandVariables } from '../cost/config.ts';
import { repositoryRoot } from './command.ts';
import type { FieldChange } from './field-changes.ts';
import { fieldChanges } from './field-changes.ts';

/** How what Terraform builds differs between two environments, or why nobody can say. */
export interface BuiltChanges {
  /** Addresses that the other one lacks. */
  deleted: string[];
  added: string[];
  /** `aws_nat_gateway network.aws_nat_gateway.this["b"]` */
  changed: { resource: string; fields: FieldChange[] }[];
  note: string | undefined;
}

/** The first time, Terraform plans and applies offline. */
const deadlineMs = 900_000;
const maxOutputBytes = 256 * 1024 * 1024;
const answer = z.record(z.string(), z.record(z.string(), z.unknown()));
type Resources = z.output<typeof answer>;

/** Asks `policies/terraform/print-built.ts` for both. */
export async function builtChanges(from: EnvironmentName, to: EnvironmentName): Promise<BuiltChanges> {
  const program = join(repositoryRoot, 'policies/terraform/print-built.ts');
  if (!existsSync(program)) return silent('there is no policies/terraform');
  try {
    // One after the other: each takes all that the machine has.
    const before = await run(program, from);
    return compareBuilt(before, await run(program, to));
  } catch (error) {
    return silent(error instanceof Error ? error.message : String(error));
  }
}

/** Compares resources by their addresses. */
export function compareBuilt(before: Resources, after: Resources): BuiltChanges {
  const only = (these: Resources, others: Resources): string[] =>
    Object.keys(these)
      .filter((address) => !(address in others))
      .map(titleOf)
      .sort();
  const both = Object.keys(before).filter((address) => address in after);
  return {
    deleted: only(before, after),
    added: only(after, before),
    changed: both.sort().flatMap((address) => {
      const fields = fieldChanges(before[address], after[address]);
      return fields.length > 0 ? [{ resource: titleOf(address), fields }] : [];
    }),
    note: undefined,
  };
}

/** `network.aws_nat_gateway.this["b"]` is an `aws_nat_gateway network/this["b"]`. */
function titleOf(address: string): string {
  const [, module = '', type = '', name = ''] = /^([\w-]+)(?:\[[^\]]*\])?\.(\w+)\.(.+)$/.exec(address) ?? [];
  return type === '' ? address : `${type} ${module}/${name}`;
}

const silent = (reason: string): BuiltChanges => ({
  deleted: [],
  added: [],
  changed: [],
  note: `What Terraform builds was not compared: ${reason.split('\n')[0]}. See "make terraform".`,
});

function run(program: string, environment: EnvironmentName): Promise<Resources> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, environment], {
      env: commandVariables(),
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
      complaint = (complaint + chunk.toString()).slice(-2_000);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const last = complaint.trim().split('\n').at(-1);
      if (code !== 0) return reject(new Error(last || `it ended with ${code ?? signal}`));
      const parsed = answer.safeParse(jsonIn(Buffer.concat(out).toString('utf8')));
      return parsed.success ? resolve(parsed.data) : reject(new Error('its answer was not understood'));
    });
  });
}

/** Undefined for what is no JSON: an error in a listener would end the whole command. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
