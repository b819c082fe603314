import { InvalidPatternError } from './pattern-error.ts';
import type { JsonTokenKind } from './pattern-json.ts';
import { JsonTokens } from './pattern-json.ts';
import { valuePattern } from './pattern-operator.ts';
import type { ValuePattern } from './pattern-value.ts';

/** Dotted field name to its alternatives; all fields must match. A pattern is one such rule, or several when it has `$or`. */
export type FieldRules = Map<string, ValuePattern[]>;

const maxRules = 1000;
const maxFields = 256;

/** The rules of a pattern, any of which may match. Throws InvalidPatternError or JsonSyntaxError. */
export function compileRules(text: string): FieldRules[] {
  const tokens = new JsonTokens(text);
  if (tokens.next() !== '{') throw new InvalidPatternError('Filter is not an object');
  const rules: FieldRules[] = [];
  parseObject(tokens, rules, [], false);
  if (rules.some((rule) => rule.size > maxFields)) {
    throw new InvalidPatternError(`Event pattern has more than ${maxFields} fields`);
  }
  return rules;
}

function parseObject(tokens: JsonTokens, rules: FieldRules[], path: string[], insideOr: boolean): void {
  let fields = 0;
  while (tokens.next() !== '}') {
    fields += 1;
    const name = tokens.text;
    if (name === '$or') {
      parseOr(tokens, rules, path);
      continue;
    }
    if (insideOr && reservedInsideOr.has(name)) {
      throw new InvalidPatternError(`${name} is Ruler reserved fieldName which cannot be used inside $or.`);
    }
    const opened = tokens.next();
    if (opened === '{') parseObject(tokens, rules, [...path, name], insideOr);
    else if (opened === '[') addField(rules, fieldName(path, name), parseAlternatives(tokens));
    else throw new InvalidPatternError(`"${name}" must be an object or an array`);
  }
  if (fields === 0) throw new InvalidPatternError('Empty objects are not allowed');
}

/** A leading empty step leaves no dot, as in AWS's matcher. */
function fieldName(path: string[], name: string): string {
  const base = path.join('.');
  return base === '' ? name : `${base}.${name}`;
}

function parseOr(tokens: JsonTokens, rules: FieldRules[], path: string[]): void {
  const before = rules.splice(0);
  if (tokens.next() !== '[') throw new InvalidPatternError('It must be an Array followed with $or.');
  let branches = 0;
  for (let token = tokens.next(); token !== ']'; token = tokens.next()) {
    branches += 1;
    if (token !== '{') throw new InvalidPatternError('Only JSON object is allowed in array of $or relationship.');
    const forked = before.length === 0 ? [new Map()] : before.map((rule) => new Map(rule));
    parseObject(tokens, forked, path, true);
    if (rules.length + forked.length > maxRules) {
      throw new InvalidPatternError(`Rule is too complex: more than ${maxRules} combinations of $or`);
    }
    rules.push(...forked);
  }
  if (branches < 2) throw new InvalidPatternError('There must have at least 2 Objects in $or relationship.');
}

function addField(rules: FieldRules[], name: string, alternatives: ValuePattern[]): void {
  if (rules.length === 0) rules.push(new Map());
  for (const rule of rules) rule.set(name, alternatives);
}

function parseAlternatives(tokens: JsonTokens): ValuePattern[] {
  const alternatives: ValuePattern[] = [];
  for (let token: JsonTokenKind = tokens.next(); token !== ']'; token = tokens.next()) {
    alternatives.push(...valuePattern(tokens, token));
  }
  if (alternatives.length === 0) throw new InvalidPatternError('Empty arrays are not allowed');
  return alternatives;
}

// Names that may become operators.
const reservedInsideOr = new Set([
  'exactly',
  'equals-ignore-case',
  'prefix',
  'suffix',
  'anything-but',
  'exists',
  'wildcard',
  'numeric',
  'cidr',
  '=',
  '<',
  '<=',
  '>',
  '>=',
  'regex',
  'not-wildcard',
  'not-equals-ignore-case',
  'date-after',
  'date-on-or-after',
  'date-before',
  'date-on-or-before',
  'in-date-range',
  'ip-address-in-range',
  'ip-address-not-in-range',
]);
