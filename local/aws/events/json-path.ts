import { JsonTokens } from '../pattern-json.ts';

type Step = string | number;

/** The steps of a JSON path like `$.detail.items[0].name` or `$['a b']`; undefined when it is none. */
export function pathSteps(path: string): Step[] | undefined {
  if (!path.startsWith('$')) return undefined;
  const steps: Step[] = [];
  const syntax = /\.([^.[\]\s]+)|\[([0-9]{1,9})\]|\['([^'\]]+)'\]|\["([^"\]]+)"\]/y;
  syntax.lastIndex = 1;
  while (syntax.lastIndex < path.length) {
    const found = syntax.exec(path);
    if (found === null) return undefined;
    steps.push(found[2] === undefined ? (found[1] ?? found[3] ?? found[4] ?? '') : Number(found[2]));
  }
  return steps;
}

/** The JSON text at a path, as it was spelled; undefined when there is nothing. */
export function textAt(json: string, steps: Step[]): string | undefined {
  const tokens = new JsonTokens(json);
  let token = tokens.next();
  for (const step of steps) {
    const found = typeof step === 'number' ? enterArray(tokens, token, step) : enterObject(tokens, token, step);
    if (found === undefined) return undefined;
    token = found;
  }
  const { start } = tokens;
  if (token === '{' || token === '[') tokens.skip();
  return json.slice(start, tokens.end);
}

type Token = ReturnType<JsonTokens['next']>;

function enterObject(tokens: JsonTokens, token: Token, name: string): Token | undefined {
  if (token !== '{') return undefined;
  while (tokens.next() !== '}') {
    const isWanted = tokens.text === name;
    const value = tokens.next();
    if (isWanted) return value;
    if (value === '{' || value === '[') tokens.skip();
  }
  return undefined;
}

function enterArray(tokens: JsonTokens, token: Token, index: number): Token | undefined {
  if (token !== '[') return undefined;
  for (let position = 0; ; position += 1) {
    const value = tokens.next();
    if (value === ']') return undefined;
    if (position === index) return value;
    if (value === '{' || value === '[') tokens.skip();
  }
}
