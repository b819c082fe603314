import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { askPolicies } from '../ask-policies.ts';
import { CommandFault } from '../command-fault.ts';
import type { PolicyFinding } from '../diff/new-findings.ts';
import type { EnvironmentFiles } from '../synth.ts';
import { releaseVariables } from './config.ts';
import { writeAside } from './render-release.ts';

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
  const folder = writeAside(set);
  try {
    const findings = await askFindings(folder);
    const errors = findings.filter(({ severity }) => severity === 'error');
    if (errors.length > 0) throw new CommandFault(4, linesOf(errors).join('\n'));
    return findings.filter(({ part }) => part !== 'fargate');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function askFindings(folder: string): Promise<Finding[]> {
  const variables = { ...releaseVariables(), ENV: '', JSON: '1' };
  const words = [join(folder, 'manifests')];
  try {
    return (await askPolicies({ program: 'validate.ts', words, answer, codes: [0, 4], variables, cwd: folder }))
      .findings;
  } catch (error) {
    throw silent(error instanceof Error ? error.message : String(error));
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
