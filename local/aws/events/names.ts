import { accountId, region } from '../identity.ts';
import type { Input } from '../input.ts';
import { constraint, notFound, validation } from './errors.ts';

const prefix = `arn:aws:events:${region}:${accountId}`;

export const busArn = (bus: string): string => `${prefix}:event-bus/${bus}`;
export const ruleArn = (bus: string, rule: string): string =>
  `${prefix}:rule/${bus === 'default' ? '' : `${bus}/`}${rule}`;
export const archiveArn = (name: string): string => `${prefix}:archive/${name}`;
export const replayArn = (name: string): string => `${prefix}:replay/${name}`;

/** The name at the end of an ARN of this kind; undefined when it is none. */
export function nameOfArn(arn: string, kind: 'event-bus' | 'archive' | 'rule'): string | undefined {
  const start = `${prefix}:${kind}/`;
  return arn.startsWith(start) && arn.length > start.length ? arn.slice(start.length) : undefined;
}

/** The bus that a request names, by name or by ARN; the default bus when it names none. */
export function busNameIn(input: Input, parameter = 'EventBusName'): string {
  const given = input.text(parameter);
  if (given === undefined) return 'default';
  return given.startsWith('arn:')
    ? (nameOfArn(given, 'event-bus') ?? given)
    : checkedName(given, 'eventBusName', 256, busSyntax);
}

const busSyntax = /^[/.\-_A-Za-z0-9]+$/;
const syntax = /^[.\-_A-Za-z0-9]+$/;

/** A required name in AWS's syntax. */
export function nameIn(input: Input, parameter: string, most = 64, pattern = syntax): string {
  const value = input.text(parameter);
  const shown = parameter.charAt(0).toLowerCase() + parameter.slice(1);
  if (value === undefined) throw constraint(shown, 'null', 'Member must not be null');
  return checkedName(value, shown, most, pattern);
}

export const busNameToCreate = (input: Input): string => nameIn(input, 'Name', 256, busSyntax);

function checkedName(value: string, shown: string, most: number, pattern: RegExp): string {
  if (value.length < 1) throw constraint(shown, value, 'Member must have length greater than or equal to 1');
  if (value.length > most) throw constraint(shown, value, `Member must have length less than or equal to ${most}`);
  if (!pattern.test(value)) {
    throw constraint(shown, value, `Member must satisfy regular expression pattern: ${pattern.source.slice(1, -1)}`);
  }
  return value;
}

/** A page of named things: NamePrefix, Limit (1 to 100) and NextToken. */
export function pageOf<Item>(
  all: Item[],
  input: Input,
  nameOf: (item: Item) => string,
): { items: Item[]; NextToken?: string } {
  const limit = input.integer('Limit') ?? 100;
  if (limit < 1 || limit > 100) {
    throw constraint(
      'limit',
      limit,
      `Member must have value ${limit < 1 ? 'greater than or equal to 1' : 'less than or equal to 100'}`,
    );
  }
  const start = input.text('NamePrefix') ?? '';
  const token = input.text('NextToken');
  const after = token === undefined ? undefined : Buffer.from(token, 'base64url').toString();
  if (token !== undefined && Buffer.from(after ?? '').toString('base64url') !== token) {
    throw validation('The pagination token is not valid.');
  }
  const rest = all
    .filter((item) => nameOf(item).startsWith(start) && (after === undefined || nameOf(item) > after))
    .sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  if (rest.length <= limit || last === undefined) return { items };
  return { items, NextToken: Buffer.from(nameOf(last)).toString('base64url') };
}

export const ruleNotFound = (rule: string, bus: string): Error =>
  notFound(`Rule ${rule} does not exist on EventBus ${bus}.`);
