// Makes the tools that the commands and tests need, before they need them.
import { runCommand, UsageFault } from '../environment-fault.ts';
import { findTool } from './build-tool.ts';
import type { ToolName } from './programs.ts';
import { toolNames } from './programs.ts';

const usage = `Usage: node policies/tools/main.ts [name …]

Makes tools from pinned Go modules and PyPI packages into the cache, one after another, where that was not done yet and
this machine has none of its own, and prints the path of each. Without names: what \`make validate\` needs.

Names: ${toolNames.join(' ')}
`;

const isToolName = (word: string): word is ToolName => toolNames.some((name) => name === word);

await runCommand(usage, async (words) => {
  const names = words.filter(isToolName);
  if (names.length < words.length) {
    const unknown = words.filter((word) => !isToolName(word)).join(' ');
    throw new UsageFault(`E919 there is no tool ${unknown}. Names: ${toolNames.join(' ')}`);
  }
  for (const name of words.length > 0 ? names : (['kubeconform', 'admission'] as const)) {
    process.stdout.write(`${await findTool(name)}\n`);
  }
  return 0;
});
