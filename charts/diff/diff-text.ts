import { dollars, signedDollars } from '../cost/money.ts';
import { textTable } from '../cost/text-table.ts';
import { alikeChanges, alikeFindings, byNamespace } from './alike-changes.ts';
import type { ContractChange } from './contract-changes.ts';
import type { CostChange } from './cost-change.ts';
import { environmentHeadlines, headlines } from './diff-counts.ts';
import type { DiffReport, EnvironmentDiff, ReleaseChange } from './diff-report.ts';
import type { FieldChange } from './field-changes.ts';
import type { Restart } from './restarts.ts';

/** Colours of a terminal; each gives the text as it is where there are none. */
export type Paint = Record<'red' | 'yellow' | 'green' | 'bold' | 'dim', (text: string) => string>;

const codes = { red: 31, yellow: 33, green: 32, bold: 1, dim: 2 } as const;
const longestValue = 160;

/** @param isColoured whether a terminal reads it that shows colours. */
export function paintFor(isColoured: boolean): Paint {
  const of = (code: number) => (text: string) => (isColoured ? `\u001b[${code}m${text}\u001b[0m` : text);
  return {
    red: of(codes.red),
    yellow: of(codes.yellow),
    green: of(codes.green),
    bold: of(codes.bold),
    dim: of(codes.dim),
  };
}

/** The report for a person: what is deleted first, over all environments; then what breaks; then each environment. */
export function diffText(report: DiffReport, paint: Paint): string {
  const { from, to, environments, contracts } = report;
  const counts = headlines(report).map(({ words, isLoud }) => (isLoud ? paint.red(words) : words));
  const parts = [
    `${paint.bold(`${from} → ${to}`)}\n${counts.join(' · ')}`,
    ...deletions(report, paint),
    ...contractPart(contracts, paint),
    ...environments.flatMap((environment) => environmentParts(report, environment, paint)),
    ...builtParts(report, paint),
    ...report.notes,
  ];
  return `${parts.join('\n\n')}\n`;
}

/** What Terraform builds in one of two environments only, or otherwise. */
function builtParts({ built, from, to }: DiffReport, paint: Paint): string[] {
  if (!built) return [];
  const part = (title: string, lines: readonly string[]): string[] =>
    lines.length > 0 ? [[title, ...lines.map((line) => `  ${line}`)].join('\n')] : [];
  return [
    ...part(
      `TERRAFORM: ONLY IN ${from}`,
      byNamespace(built.deleted).map((line) => `- ${line}`),
    ),
    ...part(
      'TERRAFORM: DIFFERS',
      alikeChanges(built.changed).flatMap(({ title, fields }) => [
        `~ ${title}`,
        ...fields.map((field) => `    ${fieldLine(field)}`),
      ]),
    ),
    ...part(
      `TERRAFORM: ONLY IN ${to}`,
      byNamespace(built.added).map((line) => `+ ${line}`),
    ).map(paint.green),
  ];
}

function deletions({ kind, from, environments }: DiffReport, paint: Paint): string[] {
  if (kind === 'environments') {
    const only = byNamespace(environments.flatMap(({ deleted }) => deleted.map(({ resource }) => resource)));
    return only.length > 0 ? [`ONLY IN ${from}\n${only.map((line) => `  - ${line}`).join('\n')}`] : [];
  }
  const lines = environments.flatMap(({ name, deleted }) =>
    deleted.map(({ resource, consequence }) => `  ✗ ${name}: ${resource}${consequence ? ` (${consequence})` : ''}`),
  );
  return lines.length > 0 ? [paint.red(`DELETED\n${lines.join('\n')}`)] : [];
}

function contractPart(contracts: readonly ContractChange[], paint: Paint): string[] {
  const broken = contracts.filter(({ breaks }) => breaks.length > 0);
  const grown = contracts.filter(({ breaks }) => breaks.length === 0);
  const lines = broken.flatMap(({ contract, breaks }) =>
    breaks.map(({ pointer, reason }) => `  ✗ ${contract} ${pointer}: ${reason}`),
  );
  const advice = '  Take it back, or publish it as the next major version.';
  return [
    ...(broken.length > 0 ? [paint.red(['EVENT CONTRACTS THAT BREAK', ...lines, advice].join('\n'))] : []),
    ...(grown.length > 0
      ? [
          [
            'EVENT CONTRACTS',
            ...grown.map(
              ({ contract, change }) => `  ${change === 'added' ? '+' : '~'} ${contract}: ${change}, old readers go on`,
            ),
          ].join('\n'),
        ]
      : []),
  ];
}

function environmentParts(report: DiffReport, environment: EnvironmentDiff, paint: Paint): string[] {
  const isChange = report.kind === 'change';
  const { name, widened, restarts, changed, added, releases, cost, policies, notes } = environment;
  const section = (title: string, lines: readonly string[], colour = (text: string) => text): string[] =>
    lines.length > 0 ? [colour([title, ...lines.map((line) => `  ${line}`)].join('\n'))] : [];
  return [
    // Two environments are one comparison: its title and counts stand at the top already.
    ...(isChange ? [`${paint.bold(`── ${name} ──`)} ${environmentHeadlines(report, environment)}`] : []),
    ...section(
      'ACCESS WIDENS',
      widened.map(({ subject, what }) => `! ${subject}: ${what}`),
      paint.red,
    ),
    ...section('PODS THAT RESTART', restarts.map(restartLine), paint.yellow),
    ...section(
      'POLICIES',
      [
        ...alikeFindings(policies.appeared).map(({ title, message }) => `! ${title}: ${message}`),
        ...(policies.gone.length > 0 ? [`${policies.gone.length} findings of before are mended`] : []),
      ],
      policies.appeared.length > 0 ? paint.red : paint.green,
    ),
    ...section('RELEASES', releases.map(releaseLine)),
    ...section(
      isChange ? 'CHANGED' : 'DIFFERS',
      alikeChanges(changed).flatMap(({ title, fields }) => [
        `~ ${title}`,
        ...fields.map((field) => `    ${fieldLine(field)}`),
      ]),
    ),
    ...section(
      isChange ? 'ADDED' : `ONLY IN ${report.to}`,
      byNamespace(added).map((line) => `+ ${line}`),
      paint.green,
    ),
    ...costPart(cost),
    ...section('NOTES', notes),
  ];
}

/** `Deployment order/order-api: 2 pods, one by one (image)` */
export function restartLine({ resource, pods, how, because }: Restart): string {
  const shown = because.slice(0, 3).map(shortPath).join(', ');
  const more = because.length > 3 ? ` and ${because.length - 3} more` : '';
  const count = pods === 1 ? '1 pod' : `${pods} pods`;
  const words = {
    'one-by-one': `${count}, one by one`,
    'all-at-once': `${count}, all at once: the service pauses`,
    canary: `${count}, after a canary that goes back by itself`,
    becomes: `${count}, all new, of another kind of object`,
    'runs-again': 'runs again',
    refused: 'the cluster refuses it, the field never changes: delete the object first, or give it another name',
  };
  return `${how === 'refused' ? '✗' : '↻'} ${resource}: ${words[how]} (${shown}${more})`;
}

/** `metadata.annotations[millrace.dev/config-checksum]` is known by its last part. */
const shortPath = (path: string): string =>
  path.replace(/^metadata\.(annotations|labels)\[(?:[^\]]*\/)?([^\]]+)\]$/, '$2');

/** `order: 000000000000 → 1a2b3c4d5e6f` */
export function releaseLine({ service, before, after }: ReleaseChange): string {
  const short = (pin: ReleaseChange['before']): string => pin?.revision.slice(0, 12) ?? 'none';
  const digest = before?.revision === after?.revision ? `, image ${after?.digest.slice(7, 19) ?? 'none'}` : '';
  return `${service}: ${short(before)} → ${short(after)}${digest}`;
}

/** `spec.replicas: 2 → 3`; a field that came or went has one side only. */
export function fieldLine({ path, before, after }: FieldChange): string {
  if (before === undefined) return `${path}: + ${short(after)}`;
  if (after === undefined) return `${path}: - ${short(before)}`;
  return `${path}: ${short(before)} → ${short(after)}`;
}

function costPart({ services, beforeCents, afterCents, beforeMostCents, afterMostCents }: CostChange): string[] {
  if (services.length === 0) return [];
  const row = (name: string, [before, after, most]: [number, number, number]): string[] => [
    name,
    dollars(before),
    dollars(after),
    signedDollars(after - before),
    signedDollars(most),
  ];
  const rows = services.map(({ service, before, after }) =>
    row(service, [before.minCents, after.minCents, after.maxCents - before.maxCents]),
  );
  const table = textTable(
    [
      { head: 'USD a month' },
      { head: 'before', isRight: true },
      { head: 'after', isRight: true },
      { head: 'difference', isRight: true },
      { head: 'scaled out', isRight: true },
    ],
    [...rows, [''], row('all services', [beforeCents, afterCents, afterMostCents - beforeMostCents])],
  );
  return [`COST\n${table.replaceAll(/^/gm, '  ')}`];
}

function short(text = ''): string {
  const line = text.replaceAll('\n', '⏎');
  if (line === '') return '""';
  const half = Math.floor(longestValue / 2);
  return line.length <= longestValue ? line : `${line.slice(0, half)}…${line.slice(-half)}`;
}
