import { dollars, signedDollars } from '../cost/money.ts';
import { alikeChanges, alikeFindings, byNamespace } from './alike-changes.ts';
import { environmentHeadlines, headlines } from './diff-counts.ts';
import type { DiffReport, EnvironmentDiff } from './diff-report.ts';
import { fieldLine, releaseLine, restartLine } from './diff-text.ts';

/** A pull request's text may have 65,536 characters on GitHub; the rest stays for other words. */
const longestText = 60_000;
const mostItems = 150;

/** The report for a pull request: deletions and breaks first, fields folded. Parts that would not fit are left out as a whole. */
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
  return fitting([
    `## ${escaped(from)} → ${escaped(to)}`,
    counts.join(' · '),
    ...section(isChange ? '### 🛑 Deleted' : `### Only in ${escaped(from)}`, deleted),
    ...section('### 🛑 Event contracts that break', broken),
    ...environments.flatMap((environment) => environmentParts(report, environment)),
    ...builtParts(report),
    ...report.notes.map(escaped),
  ]);
}

function builtParts({ built, from, to }: DiffReport): string[] {
  if (!built) return [];
  const fields = alikeChanges(built.changed).flatMap(({ title, fields: list }) => [
    `~ ${title}`,
    ...list.map((field) => `    ${fieldLine(field)}`),
  ]);
  const only = (name: string, resources: readonly string[], mark: string): string[] =>
    folded(
      `${resources.length} of Terraform only in ${name}`,
      byNamespace(resources).map((line) => `${mark} ${line}`),
    );
  return [
    ...only(from, built.deleted, '-'),
    ...folded(`${built.changed.length} of Terraform differ`, fields),
    ...only(to, built.added, '+'),
  ];
}

/** Parts that fit, in their order; which did not is said at the end. */
function fitting(parts: readonly string[]): string {
  let left = longestText;
  const kept = parts.filter((part) => {
    const fits = part.length + 2 <= left;
    if (fits) left -= part.length + 2;
    return fits;
  });
  const missing = parts.length - kept.length;
  if (missing > 0) kept.push(`${missing} parts are too long for a pull request: run ${code('make diff')}.`);
  return `${kept.join('\n\n')}\n`;
}

function environmentParts(report: DiffReport, environment: EnvironmentDiff): string[] {
  const { name, widened, restarts, changed, added, releases, policies, notes } = environment;
  const isChange = report.kind === 'change';
  const fields = alikeChanges(changed).flatMap(({ title, fields: list }) => [
    `~ ${title}`,
    ...list.map((field) => `    ${fieldLine(field)}`),
  ]);
  return [
    ...(isChange ? [`### ${escaped(name)}`, environmentHeadlines(report, environment)] : []),
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
      byNamespace(added).map((line) => `+ ${line}`),
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

function section(title: string, items: readonly string[]): string[] {
  if (items.length === 0) return [];
  const more = items.length > mostItems ? [`and ${items.length - mostItems} more: run ${code('make diff')}`] : [];
  return [`${title}\n\n${[...items.slice(0, mostItems), ...more].map((item) => `- ${item}`).join('\n')}`];
}

function folded(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  // A fence that is longer than any in the text, so that nothing in it ends the block.
  const longest = Math.max(2, ...[...lines.join('\n').matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return [`<details><summary>${title}</summary>\n\n${fence}text\n${lines.join('\n')}\n${fence}\n\n</details>`];
}

function code(text: string): string {
  const line = text.replaceAll('\n', ' ');
  return line.includes('`') ? `\`\` ${line} \`\`` : `\`${line}\``;
}

const escaped = (text: string): string => text.replaceAll(/[\\`*_<>|[\]@#]/g, '\\$&');
