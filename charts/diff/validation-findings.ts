import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentNames } from '@millrace/catalog/environments.ts';
import { z } from 'zod';
import { askPolicies } from '../ask-policies.ts';
import { commandVariables } from '../cost/config.ts';
import type { PolicyFinding } from './new-findings.ts';
import type { Snapshot } from './snapshot.ts';

/** What `make validate` says of a side, by environment, or why it says nothing. */
export interface ValidationFindings {
  byEnvironment: ReadonlyMap<string, PolicyFinding[]>;
  note: string | undefined;
}

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
  const names = environments.filter((name) => side.environments.has(name) && isKnown(name));
  if (names.length === 0) return { byEnvironment: new Map(), note: undefined };
  const folder = mkdtempSync(join(tmpdir(), 'millrace-diff-'));
  try {
    writeSide(folder, side, names);
    const variables = { ...commandVariables(), JSON: '1' };
    // 0: nothing to mend, 4: findings.
    const said = await askPolicies({ program: 'validate.ts', words: [folder], answer, codes: [0, 4], variables });
    return { byEnvironment: new Map(names.map((name) => [name, findingsOf(said, name)])), note: undefined };
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
