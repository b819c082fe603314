import { runCommand } from '../diff/command.ts';

const usage = `Usage: make cost [ENV=dev,staging,prod] [JSON=1]
       node charts/cost/main.ts [--env NAMES] [--json]

What Fargate bills for the pods of an environment: by pod, by service, for the platform itself, for a
million page views and a thousand orders; which pods waste a size step and what the next smaller size saves.
Prices are data with a date and a source: catalog/fargate.ts, catalog/prices.ts, charts/cost/platform-tax.ts.

  --env NAMES  some of dev, staging, prod with commas between (ENV=); without it all of them
  --json       for a program (JSON=1); money in USD, sums of what is rounded to cents
  --help       this text

Exit codes: 0 ok, 2 wrong usage, 3 invalid catalog, 5 the machine.`;

await runCommand({
  name: 'cost',
  usage,
  words: process.argv.slice(2),
  load: async () => (await import('./cost-command.ts')).cost,
});
