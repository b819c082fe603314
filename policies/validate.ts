// `make validate`: everything that can be said of manifests without a cluster, all findings of a run at once.
import { relative } from 'node:path';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { readConfig } from './config.ts';
import { runCommand } from './environment-fault.ts';
import { checkAdmission } from './validation/admission.ts';
import { checkContract } from './validation/contract.ts';
import { checkOnFargate } from './validation/fargate.ts';
import type { Finding } from './validation/finding.ts';
import { findingsText } from './validation/findings-text.ts';
import { readSets } from './validation/read-sets.ts';
import { checkSchemas } from './validation/schema.ts';

const usage = `Usage: node policies/validate.ts [DIR] [--env dev,staging,prod]

Checks manifests offline: kubeconform (strict, schemas of the cluster's version), the admission policies, Fargate's rules,
the platform contract. DIR is manifests/ unless said: a folder for each environment, or the manifests of one.
  --env LIST   only these environments; for a folder of plain manifests, the environment that it is for (prod unless said);
               also as the variable ENV
  --help       this text
  JSON=1       the answer for a program

Exit codes: 0 nothing to mend, 2 wrong usage, 4 a rule is broken, 5 the machine lacks something.
`;

await runCommand(usage, validate);

async function validate(words: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  const { sets, unreadable } = readSets(words, readConfig().environments);
  // The two programs run beside each other, and beside what is computed here.
  const [schema, admission, here] = await Promise.all([
    checkSchemas(sets),
    checkAdmission(sets),
    Promise.resolve().then(() => [...checkOnFargate(sets), ...checkContract(sets)]),
  ]);
  const folders = new Map(sets.map(({ environment, folder }) => [environment, folder]));
  const findings = [...unreadable, ...schema, ...admission, ...here]
    .map((finding) => ({ ...finding, file: placeOf(folders.get(finding.environment), finding.file) }))
    .sort(byPlace);
  const objects = sets.reduce((sum, { manifests }) => sum + manifests.length, 0);
  const seconds = (performance.now() - startedAt) / 1000;
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const summary = {
    environments: sets.map(({ environment }) => environment),
    objects,
    errors,
    warnings: findings.length - errors,
  };
  if (readConfig().isJson) process.stdout.write(`${JSON.stringify({ ...summary, findings }, null, 2)}\n`);
  else tell(findings, { ...summary, seconds });
  return errors === 0 ? 0 : 4;
}

function tell(
  findings: readonly Finding[],
  summary: { environments: EnvironmentName[]; objects: number; errors: number; warnings: number; seconds: number },
): void {
  process.stderr.write(findingsText(findings, summary.environments));
  const { environments, objects, errors, warnings, seconds } = summary;
  const where = environments.join(', ');
  process.stdout.write(
    `${objects} objects of ${where}: ${errors} errors, ${warnings} warnings (${seconds.toFixed(1)} s).\n`,
  );
}

function placeOf(folder: string | undefined, file: string): string {
  if (folder === undefined) return file;
  return relative(process.cwd(), file ? `${folder}/${file}` : folder) || '.';
}

function byPlace(a: Finding, b: Finding): number {
  const keyOf = ({ file, line, rule, message }: Finding): string =>
    `${file} ${String(line).padStart(6, '0')} ${rule} ${message}`;
  return keyOf(a).localeCompare(keyOf(b));
}
