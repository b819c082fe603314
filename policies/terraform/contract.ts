// Writes catalog/platform.<env>.json from what Terraform gave out.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { environmentNames } from '@millrace/catalog/environments.ts';
import { CommandFault, runCommand, UsageFault } from '../environment-fault.ts';
import { contractOf, contractSchema, platformIn } from './contract-text.ts';
import { repositoryRoot } from './find-terraform.ts';

const usage = `Usage: terraform -chdir=terraform/environments/ENV output -json | node policies/terraform/contract.ts --env ENV [--check]
       node policies/terraform/contract.ts --schema

Writes catalog/platform.ENV.json from the output "contract", after checking everything that synth checks: shape, account,
region, roles, secrets, connections. Nothing is written when something is wrong.
  --env ENV    dev, staging or prod
  --check      write nothing; exit code 4 when the file in the repository is another one
  --schema     write policies/schemas/platform-contract.json from catalog/platform.ts
  --help       this text

Exit codes: 0 written, 2 wrong usage, 4 the contract is refused or not current, 5 could not read or write.
`;

await runCommand(usage, async (words) => {
  if (words.length === 1 && words[0] === '--schema') {
    replace(join(repositoryRoot, 'policies/schemas/platform-contract.json'), contractSchema());
    return 0;
  }
  const { environment, isCheck } = readWords(words);
  const contract = contractOf(environment, platformOf(await text(process.stdin)));
  for (const fault of contract.faults) process.stderr.write(`${fault}\n`);
  if (contract.faults.length > 0) return 4;
  const file = join(repositoryRoot, `catalog/platform.${environment}.json`);
  const isCurrent = existsSync(file) && readFileSync(file, 'utf8') === contract.text;
  if (isCheck && !isCurrent) {
    throw new CommandFault(
      `catalog/platform.${environment}.json is not what Terraform built: run this without --check.`,
      4,
    );
  }
  if (!isCheck) replace(file, contract.text);
  process.stdout.write(
    `catalog/platform.${environment}.json ${isCurrent ? 'is current' : 'is written: run "make synth"'}.\n`,
  );
  return 0;
});

function platformOf(input: string): unknown {
  try {
    return platformIn(input);
  } catch (error) {
    throw new UsageFault(`E924 what came in is no answer of Terraform: ${(error as Error).message}`);
  }
}

function readWords(words: readonly string[]): { environment: EnvironmentName; isCheck: boolean } {
  const rest = words.filter((word) => word !== '--check');
  const environment = environmentNames.find((name) => name === rest[1]);
  if (rest[0] !== '--env' || rest.length !== 2 || environment === undefined) {
    throw new UsageFault(`E919 say which environment: --env ${environmentNames.join(', --env ')}`);
  }
  return { environment, isCheck: rest.length < words.length };
}

/** Renamed into place: a reader sees the old file or the new one, never a half. */
function replace(path: string, content: string): void {
  const aside = `${path}.${process.pid}.new`;
  writeFileSync(aside, content);
  renameSync(aside, path);
}
