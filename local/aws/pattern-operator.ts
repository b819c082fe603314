import { addressDigits, networkDigits } from './pattern-address.ts';
import { InvalidPatternError } from './pattern-error.ts';
import type { JsonTokenKind, JsonTokens } from './pattern-json.ts';
import { comparableNumber, greatestNumber, leastNumber } from './pattern-number.ts';
import type { ValuePattern } from './pattern-value.ts';
import { ignoreCaseTest, wildcardTest } from './pattern-value.ts';

/** Reads one alternative of a field; a number is two patterns, by value and by spelling. Throws InvalidPatternError. */
export function valuePattern(tokens: JsonTokens, token: JsonTokenKind): ValuePattern[] {
  switch (token) {
    case '{':
      return [operatorPattern(tokens)];
    case 'string':
      return [addressPattern(tokens.text) ?? { type: 'exact', text: `"${tokens.text}"` }];
    case 'number': {
      const comparable = comparableNumber(tokens.text);
      const literal: ValuePattern = { type: 'exact', text: tokens.text };
      return comparable === undefined ? [literal] : [{ type: 'number', comparable }, literal];
    }
    case 'true':
    case 'false':
    case 'null':
      return [{ type: 'exact', text: token }];
    default:
      throw new InvalidPatternError('Match value must be String, number, true, false, or null');
  }
}

function operatorPattern(tokens: JsonTokens): ValuePattern {
  if (tokens.next() !== 'name') throw new InvalidPatternError('Match expression name not found');
  const operator = operators[tokens.text];
  if (operator === undefined || !Object.hasOwn(operators, tokens.text)) {
    throw new InvalidPatternError(`Unrecognized match type ${tokens.text}`);
  }
  const pattern = operator(tokens);
  close(tokens);
  return pattern;
}

function close(tokens: JsonTokens): void {
  if (tokens.next() !== '}') throw new InvalidPatternError('Only one key allowed in match expression');
}

const operators: Record<string, (tokens: JsonTokens) => ValuePattern> = {
  exactly: (tokens) => ({ type: 'exact', text: `"${text(tokens, 'exact')}"` }),
  prefix: (tokens) => affix(tokens, 'prefix'),
  suffix: (tokens) => affix(tokens, 'suffix'),
  numeric: numericPattern,
  'anything-but': anythingBut,
  exists: (tokens) => {
    const token = tokens.next();
    if (token !== 'true' && token !== 'false')
      throw new InvalidPatternError('exists match pattern must be either true or false.');
    return { type: token === 'true' ? 'exists' : 'absent' };
  },
  cidr: (tokens) => {
    const range = networkDigits(text(tokens, 'cidr'));
    return { type: 'range', of: 'address', ...range, openBottom: false, openTop: false };
  },
  'equals-ignore-case': (tokens) => ignoreCase(`"${text(tokens, 'equals-ignore-case')}"`, 'all'),
  wildcard: (tokens) => {
    const wildcard = `"${text(tokens, 'wildcard')}"`;
    return { type: 'wildcard', text: wildcard, test: wildcardTest(wildcard) };
  },
};

function text(tokens: JsonTokens, operator: string): string {
  if (tokens.next() !== 'string') throw new InvalidPatternError(`${operator} match pattern must be a string`);
  return tokens.text;
}

const ignoreCase = (value: string, at: 'all' | 'start' | 'end'): ValuePattern => ({
  type: 'ignore-case',
  at,
  text: value,
  test: ignoreCaseTest(value, at),
});

function affix(tokens: JsonTokens, type: 'prefix' | 'suffix'): ValuePattern {
  const quoted = (value: string) => (type === 'prefix' ? `"${value}` : `${value}"`);
  const token = tokens.next();
  if (token === 'string') return { type, text: quoted(tokens.text) };
  if (token !== '{') throw new InvalidPatternError(`${type} match pattern must be a string`);
  if (tokens.next() !== 'name') throw new InvalidPatternError(`${type} expression name not found`);
  if (tokens.text !== 'equals-ignore-case')
    throw new InvalidPatternError(`Unsupported ${type} pattern: ${tokens.text}`);
  const pattern = ignoreCase(quoted(text(tokens, 'equals-ignore-case')), type === 'prefix' ? 'start' : 'end');
  close(tokens);
  return pattern;
}

/** A single address is the range of itself, so that every spelling of it matches. */
function addressPattern(value: string): ValuePattern | undefined {
  const digits = addressDigits(value);
  return digits === undefined
    ? undefined
    : { type: 'range', of: 'address', bottom: digits, openBottom: false, top: digits, openTop: false };
}

function anythingBut(tokens: JsonTokens): ValuePattern {
  const token = tokens.next();
  if (token !== '{') return anythingButValues(tokens, token);
  if (tokens.next() !== 'name') throw new InvalidPatternError('Anything-But expression name not found');
  const operator = tokens.text;
  const [of, quoted] = Object.hasOwn(anythingButForms, operator) ? (anythingButForms[operator] ?? []) : [];
  if (of === undefined || quoted === undefined)
    throw new InvalidPatternError(`Unsupported anything-but pattern: ${operator}`);
  const texts = strings(tokens, operator).map((value) => {
    if (value === '' && (of === 'start' || of === 'end'))
      throw new InvalidPatternError('Null prefix/suffix not allowed');
    return quoted(value);
  });
  close(tokens);
  if (of === 'start' || of === 'end') return { type: 'anything-but-affix', at: of, texts };
  const tests = texts.map((value) => (of === 'wildcard' ? wildcardTest(value) : ignoreCaseTest(value, 'all')));
  return { type: 'anything-but-test', of, texts, tests };
}

type AnythingButForm = 'start' | 'end' | 'wildcard' | 'ignore-case';

const anythingButForms: Record<string, [AnythingButForm, (value: string) => string]> = {
  prefix: ['start', (value) => `"${value}`],
  suffix: ['end', (value) => `${value}"`],
  wildcard: ['wildcard', (value) => `"${value}"`],
  'equals-ignore-case': ['ignore-case', (value) => `"${value}"`],
};

function strings(tokens: JsonTokens, operator: string): string[] {
  const first = tokens.next();
  if (first === 'string') return [tokens.text];
  const values: string[] = [];
  let token = first === '[' ? tokens.next() : first;
  for (; first === '[' && token !== ']'; token = tokens.next()) {
    if (token !== 'string') break;
    values.push(tokens.text);
  }
  if (token !== ']') throw new InvalidPatternError(`${operator} match pattern must be a string`);
  return values;
}

function anythingButValues(tokens: JsonTokens, first: JsonTokenKind): ValuePattern {
  const texts: string[] = [];
  const kinds = new Set<JsonTokenKind>();
  const add = (token: JsonTokenKind) => {
    if (token !== 'string' && token !== 'number') {
      throw new InvalidPatternError('Inside anything but list, start|null|boolean is not supported.');
    }
    kinds.add(token);
    texts.push(token === 'string' ? `"${tokens.text}"` : comparable(tokens.text));
  };
  if (first === '[') for (let token = tokens.next(); token !== ']'; token = tokens.next()) add(token);
  else add(first);
  if (kinds.size !== 1) {
    throw new InvalidPatternError(
      'Inside anything but list, either all values are number or string, mixed type is not supported',
    );
  }
  return { type: 'anything-but', numeric: kinds.has('number'), texts };
}

function comparable(number: string): string {
  const value = comparableNumber(number);
  if (value === undefined) throw new InvalidPatternError(`Cannot compare number : ${number}`);
  return value;
}

function numericPattern(tokens: JsonTokens): ValuePattern {
  if (tokens.next() !== '[') throw new InvalidPatternError('Value of numeric must be an array.');
  const first = comparison(tokens, tokens.next());
  const token = tokens.next();
  if (first.operator === '=') {
    if (token !== ']') throw new InvalidPatternError('Too many elements in numeric expression');
    return { type: 'number', comparable: first.value };
  }
  const isBottom = first.operator === '>' || first.operator === '>=';
  if (token === ']') {
    const bottom = isBottom ? first.value : leastNumber;
    const top = isBottom ? greatestNumber : first.value;
    const [openBottom, openTop] = [first.operator === '>', first.operator === '<'];
    return { type: 'range', of: 'number', bottom, openBottom, top, openTop };
  }
  if (!isBottom) throw new InvalidPatternError('Too many elements in numeric expression');
  const second = comparison(tokens, token);
  if (second.operator !== '<' && second.operator !== '<=') {
    throw new InvalidPatternError(`Bad numeric range operator: ${second.operator}`);
  }
  if (tokens.next() !== ']') throw new InvalidPatternError('Too many terms in numeric range expression');
  if (first.value >= second.value) throw new InvalidPatternError('Bottom must be less than top');
  const [openBottom, openTop] = [first.operator === '>', second.operator === '<'];
  return { type: 'range', of: 'number', bottom: first.value, openBottom, top: second.value, openTop };
}

function comparison(tokens: JsonTokens, token: JsonTokenKind): { operator: string; value: string } {
  const operator = tokens.text;
  if (token !== 'string' || !['=', '<', '<=', '>', '>='].includes(operator)) {
    throw new InvalidPatternError(`Unrecognized numeric range operator: ${operator}`);
  }
  if (tokens.next() !== 'number') throw new InvalidPatternError(`Value of ${operator} must be numeric`);
  return { operator, value: comparable(tokens.text) };
}
