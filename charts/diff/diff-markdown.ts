import { dollars, signedDollars } from '../cost/money.ts';
import { alikeChanges, alikeFindings } from './alike-changes.ts';
import { environmentHeadlines, headlines } from './diff-counts.ts';
import type { DiffReport, EnvironmentDiff } from './diff-report.ts';
import { fieldLine, releaseLine, restartLine } from './diff-text.ts';

/** A pull request's text may have 65,536 characters on GitHub; the rest stays for other words. */
const longestText = 60_000;

/** The report for a pull request: deletions and breaks in full, fields folded. Cut at what a pull request takes. */
export function diffMarkdown(report: DiffReport): string {
  const { from, to, environments, contracts } = report;
  const isChange = report.kind === 'change';
  const counts = headlines(report).map(({ words, isLoud }) => (isLoud ? `**${words}**` : words));
  const deleted = environments.flatMap(({ name, deleted: objects }) =>
    objects.map(({ resource, consequence }) => `${name}: ${code(resource)}${consequence ? ` – ${consequence}` : ''}`),
  );
  const broken = contracts.flatMap(({ contract, breaks }) =>
    breaks.map(({ pointer, reason }) => `${code(`${contract} ${pointer}`)}: ${escaped(reason)}`),
  );
  const text = `${[
    `## ${escaped(from)} → ${escaped(to)}`,
    counts.join(' · '),
    ...section(isChange ? '### 🛑 Deleted' : `### Only in ${escaped(from)}`, deleted),
    ...section('### 🛑 Event contracts that break', broken),
    ...environments.flatMap((environment) => environmentParts(report, environment)),
  ].join('\n\n')}\n`;
  return text.length <= longestText
    ? text
    : `${text.slice(0, text.lastIndexOf('\n', longestText))}\n\nThe rest is too long for a pull request: run ${code('make diff')}.\n`;
}

function environmentParts(report: DiffReport, environment: EnvironmentDiff): string[] {
  const { name, widened, restarts, changed, added, releases, policies, notes } = environment;
  const isChange = report.kind === 'change';
  const fields = alikeChanges(changed).flatMap(({ title, fields: list }) => [
    `~ ${title}`,
    ...list.map((field) => `    ${fieldLine(field)}`),
  ]);
  return [
    `### ${escaped(name)}`,
    environmentHeadlines(report, environment),
    ...section(
      '**⚠️ Access widens**',
      widened.map(({ subject, what }) => `${code(subject)} ${code(what)}`),
    ),
    ...section(
      '**Pods that restart**',
      restarts.map((restart) => code(restartLine(restart))),
    ),
    ...section(
      '**⚠️ New policy findings**',
      alikeFindings(policies.appeared).map(({ title, message }) => `${code(title)} ${escaped(message)}`),
    ),
    ...section(
      '**Releases**',
      releases.map((change) => code(releaseLine(change))),
    ),
    ...folded(`${changed.length} ${isChange ? 'changed' : 'differ'}`, fields),
    ...folded(
      `${added.length} ${isChange ? 'added' : `only in ${report.to}`}`,
      added.map((resource) => `+ ${resource}`),
    ),
    ...costTable(environment),
    ...section('**Notes**', notes.map(escaped)),
  ];
}

function costTable({ cost }: EnvironmentDiff): string[] {
  if (cost.services.length === 0) return [];
  const row = (name: string, before: number, after: number): string =>
    `| ${name} | ${dollars(before)} | ${dollars(after)} | ${signedDollars(after - before)} |`;
  return [
    [
      '| USD a month | before | after | difference |',
      '| --- | ---: | ---: | ---: |',
      ...cost.services.map(({ service, before, after }) => row(escaped(service), before.minCents, after.minCents)),
      row('**all services**', cost.beforeCents, cost.afterCents),
    ].join('\n'),
  ];
}

const section = (title: string, items: readonly string[]): string[] =>
  items.length > 0 ? [title, items.map((item) => `- ${item}`).join('\n')] : [];

function folded(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  // A fence that is longer than any in the text, so that nothing in it ends the block.
  const longest = Math.max(2, ...[...lines.join('\n').matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return [`<details><summary>${title}</summary>`, `${fence}text\n${lines.join('\n')}\n${fence}`, '</details>'];
}

function code(text: string): string {
  const line = text.replaceAll('\n', ' ');
  return line.includes('`') ? `\`\` ${line} \`\`` : `\`${line}\``;
}

const escaped = (text: string): string => text.replaceAll(/[\\`*_<>|[\]@#]/g, '\\$&');
