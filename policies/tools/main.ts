// Builds the tools that `make validate` and the tests need, before they need them.
import { runCommand } from '../environment-fault.ts';
import { findTool } from './build-tool.ts';

const usage = `Usage: node policies/tools/main.ts

Builds the admission evaluator and kubeconform from their Go modules into the cache, where that was not done yet.
`;

await runCommand(async () => {
  const words = process.argv.slice(2);
  if (words.length > 0) {
    const isHelp = words[0] === '--help';
    (isHelp ? process.stdout : process.stderr).write(usage);
    return isHelp ? 0 : 2;
  }
  for (const name of ['kubeconform', 'admission'] as const) process.stdout.write(`${await findTool(name)}\n`);
  return 0;
});
