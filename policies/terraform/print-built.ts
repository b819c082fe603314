// What an environment builds, for a program that compares two of them: `make diff FROM=dev TO=prod`.
import { environmentNames } from '@millrace/catalog/environments.ts';
import { runCommand, UsageFault } from '../environment-fault.ts';
import { readBuilt } from './built.ts';
import { comparable } from './comparable.ts';
import { leaveOnSignals } from './working-copy.ts';

const usage = `Usage: node policies/terraform/print-built.ts ENV

Prints every resource that Terraform builds in an environment as JSON, by its address, without what only says which
environment it is, and without what AWS numbers. The first time after a change it takes a minute or two.

Exit codes: 0 printed, 2 wrong usage, 4 Terraform refuses, 5 the machine lacks something.
`;

leaveOnSignals();
await runCommand(usage, async (words) => {
  const environment = environmentNames.find((name) => name === words[0]);
  if (environment === undefined || words.length > 1) {
    throw new UsageFault(`E919 say which environment: ${environmentNames.join(', ')}`);
  }
  process.stdout.write(`${JSON.stringify(comparable(await readBuilt(environment)))}\n`);
  return 0;
});
