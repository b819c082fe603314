import { globSync } from 'node:fs';
import { join } from 'node:path';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { saidBy } from './built.ts';
import type { Terraform } from './find-terraform.ts';
import { valueFaults } from './known-values.ts';
import { runTerraform } from './run-terraform.ts';
import { terraformFolder } from './working-copy.ts';

/** How a step ended: its summary, and every line that is to be mended. */
export interface StepResult {
  summary: string;
  faults: string[];
}

/** What the steps work on: the sources in a copy, and the Terraform of this machine. */
export interface Workshop {
  terraform: Terraform;
  folder: string;
  environments: readonly EnvironmentName[];
}

const deadlineMs = 900_000;

/** Terraform's own format, of the sources themselves. */
export async function checkFormat({ terraform }: Workshop): Promise<StepResult> {
  const words = ['fmt', '-check', '-recursive', '-list=true'];
  const ended = await runTerraform(terraform, words, { folder: terraformFolder, deadlineMs });
  const files = globSync('**/*.{tf,hcl,tfvars}', { cwd: terraformFolder }).length;
  const unformatted = ended.output.split('\n').filter(Boolean);
  const faults = unformatted.map(
    (file) => `terraform/${file}: is not formatted. Run "terraform fmt -recursive terraform".`,
  );
  if (ended.code !== 0 && faults.length === 0) faults.push(saidBy(ended.complaint));
  return { summary: `${files} files`, faults };
}

/** The environments' values are known ones, and their inputs are the catalog's: neither takes Terraform to say. */
export async function checkValues({ environments }: Workshop): Promise<StepResult> {
  const faults = environments.flatMap((environment) => valueFaults(terraformFolder, environment));
  return { summary: environments.join(', '), faults };
}

/** `init` and `validate` of every root: the environments, and the one that makes the place for the states. */
export async function checkRoots(workshop: Workshop): Promise<StepResult> {
  const roots = [...workshop.environments.map((name) => `environments/${name}`), 'state'];
  const faults: string[] = [];
  for (const root of roots) {
    const folder = join(workshop.folder, root);
    if (globSync('*.tf', { cwd: folder }).length === 0) {
      faults.push(`terraform/${root}: there is nothing`);
      continue;
    }
    const ready = await runTerraform(workshop.terraform, ['init', '-input=false', '-backend=false'], {
      folder,
      deadlineMs,
    });
    if (ready.code !== 0) {
      faults.push(`terraform/${root}: init: ${saidBy(ready.complaint)}`);
      continue;
    }
    const ended = await runTerraform(workshop.terraform, ['validate', '-json'], { folder, deadlineMs });
    const lines = diagnosticsIn(ended.output);
    if (ended.code !== 0 && lines.length === 0) lines.push(saidBy(ended.complaint) || 'validate failed');
    faults.push(...lines.map((line) => `terraform/${root}: ${line}`));
  }
  return { summary: `${roots.length} roots`, faults };
}

interface Diagnostic {
  severity: string;
  summary: string;
  detail?: string;
  range?: { filename: string; start: { line: number } };
}

function diagnosticsIn(output: string): string[] {
  try {
    const { diagnostics } = JSON.parse(output) as { diagnostics: Diagnostic[] };
    return diagnostics.map(diagnosticLine);
  } catch {
    return [output.split('\n')[0] || 'validate said nothing'];
  }
}

/** One line of what Terraform says of a place. Warnings count too: what is deprecated is mended before it is gone. */
export function diagnosticLine({ summary, detail = '', range }: Diagnostic): string {
  const place = range ? `${range.filename}:${range.start.line}: ` : '';
  return `${place}${summary}${detail ? `: ${detail.replaceAll(/\s+/g, ' ')}` : ''}`;
}
