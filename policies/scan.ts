// `make scan`: what scanners of others say of the manifests. They are fetched once; each exemption has its reason.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConfig } from './config.ts';
import { runCommand } from './environment-fault.ts';
import type { ScanFinding } from './scanning/exemptions.ts';
import { applyExemptions, readExemptions } from './scanning/exemptions.ts';
import { runCheckov, runKubeScore } from './scanning/scanners.ts';
import { readSets } from './validation/read-sets.ts';

const usage = `Usage: node policies/scan.ts [DIR] [--env dev,staging,prod]

Runs kube-score (from its Go module) and checkov's Kubernetes checks (from PyPI) over manifests/ or DIR. Both are fetched
once. A finding is mended or has a line with its reason in policies/exemptions.json; a line that matches nothing goes.
  --env LIST   only these environments (variable ENV)
  --help       this text
  JSON=1       the answer for a program

Exit codes: 0 nothing to mend, 2 wrong usage, 4 findings or stale exemptions, 5 the machine lacks something.
`;

await runCommand(usage, scan);

async function scan(words: readonly string[]): Promise<number> {
  const allowed = readExemptions(readFileSync(join(import.meta.dirname, 'exemptions.json'), 'utf8'));
  const { sets } = readSets(words, readConfig().environments);
  const findings: ScanFinding[] = [];
  let passed = 0;
  for (const set of sets) {
    const checkov = await runCheckov(set);
    passed += checkov.passed;
    findings.push(...(await runKubeScore(set)), ...checkov.findings);
  }
  const { left, exempt, unused } = applyExemptions(findings, allowed);
  const high = left.filter(({ severity }) => severity === 'high').length;
  if (readConfig().isJson) process.stdout.write(`${JSON.stringify({ left, exempt, unused }, null, 2)}\n`);
  else {
    for (const { scanner, id, severity, object, message } of left) {
      process.stderr.write(`${object}: ${scanner} ${id} (${severity}) ${message}\n`);
    }
    for (const { scanner, id, what } of unused) {
      process.stderr.write(`policies/exemptions.json: ${scanner} ${id} "${what}" matches nothing. Remove it.\n`);
    }
    const objects = sets.reduce((sum, { manifests }) => sum + manifests.length, 0);
    process.stdout.write(
      `${objects} objects: ${high} high findings, ${left.length - high} others, ${exempt.length} exempt for ` +
        `${allowed.length} reasons; checkov passed ${passed} checks.\n`,
    );
  }
  return left.length + unused.length === 0 ? 0 : 4;
}
