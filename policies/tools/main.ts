// Builds the tools that `make validate` and the tests need, before they need them.
import { runCommand } from '../environment-fault.ts';
import { findTool } from './build-tool.ts';

const usage = `Usage: node policies/tools/main.ts

Builds the admission evaluator and kubeconform from their Go modules into the cache, where that was not done yet.
`;

await runCommand(usage, async (words) => {
  if (words.length > 0) {
    process.stderr.write(usage);
    return 2;
  }
  for (const name of ['kubeconform', 'admission'] as const) process.stdout.write(`${await findTool(name)}\n`);
  return 0;
});
