import { runCommand } from './command.ts';

const usage = `Usage: make diff [FROM=<ref or environment>] [TO=<ref or environment>] [JSON=1 | FORMAT=markdown]
       node charts/diff/main.ts [--from REF] [--to REF] [--format text|markdown|json]

What a change does: objects deleted, changed and added, pods that restart, access that widens, event contracts
that break, dollars a month, new policy findings. Two refs are compared by the manifests that were committed
there; without FROM the first is HEAD, without TO the second is the working tree, rendered in memory. Two environments are compared by what
the working tree renders for them, without the names that only say which one it is.

  --from SIDE    a ref (branch, tag, commit) or one of dev, staging, prod (FROM=), HEAD unless said
  --to SIDE      the same (TO=), the working tree unless said
  --format NAME  text, markdown for a pull request, or json (FORMAT=); --json and JSON=1 too
  --help         this text
Colours only on a terminal, and not when NO_COLOR is set.

Exit codes: 0 ok, also when something breaks; 2 wrong usage, unknown ref or environment; 3 a side that cannot be
read or an invalid catalog; 5 the machine: no git, no repository, a shallow clone.`;

await runCommand({
  name: 'diff',
  usage,
  words: process.argv.slice(2),
  load: async () => (await import('./diff-command.ts')).diff,
});
