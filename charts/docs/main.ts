import { runCommand } from '../diff/command.ts';

const usage = `Usage: node charts/docs/main.ts [--check]

Writes docs/generated/*.md: the catalog of services and events, with diagrams.
  --check   write nothing; exit code 4 when a page is missing or old
  --help    this text

Exit codes: 0 ok, 2 wrong usage, 4 a page is not current (--check), 5 the machine.`;

await runCommand({
  name: 'docs',
  usage,
  words: process.argv.slice(2),
  load: async () => (await import('./write-pages.ts')).writePages,
});
