import { JsonTokens } from './pattern-json.ts';

/** One value of an event: its dotted name, its JSON text (strings quoted but not escaped) and the array elements that it lies in. */
export interface EventField {
  name: string;
  value: string;
  /** Array number to element index. */
  membership: ReadonlyMap<number, number>;
}

/** The values of an event in the order of their names. Only steps that a pattern uses are looked at. */
export function eventFields(text: string, isStepUsed: (step: string) => boolean): Map<string, EventField[]> {
  const tokens = new JsonTokens(text);
  if (tokens.next() !== '{') throw new Error('Event must be a JSON object');
  const reader = new FieldReader(tokens, isStepUsed);
  reader.object();
  return reader.fields;
}

class FieldReader {
  readonly fields = new Map<string, EventField[]>();
  readonly #tokens: JsonTokens;
  readonly #isStepUsed: (step: string) => boolean;
  readonly #path: string[] = [];
  #membership: ReadonlyMap<number, number> = new Map();
  #arrays = 0;

  constructor(tokens: JsonTokens, isStepUsed: (step: string) => boolean) {
    this.#tokens = tokens;
    this.#isStepUsed = isStepUsed;
  }

  object(): void {
    while (this.#tokens.next() !== '}') {
      const step = this.#tokens.text;
      const token = this.#tokens.next();
      if (!this.#isStepUsed(step)) {
        if (token === '{' || token === '[') this.#tokens.skip();
        continue;
      }
      this.#path.push(step);
      if (token === '{') this.object();
      else if (token === '[') this.#array();
      else this.#add(token);
      this.#path.pop();
    }
  }

  #array(): void {
    const array = this.#arrays;
    this.#arrays += 1;
    const outer = this.#membership;
    let index = 0;
    for (let token = this.#tokens.next(); token !== ']'; token = this.#tokens.next()) {
      if (token === '{' || token === '[') {
        this.#membership = new Map(outer).set(array, index);
        if (token === '{') this.object();
        else this.#array();
        this.#membership = outer;
      } else {
        this.#add(token);
      }
      index += 1;
    }
  }

  #add(token: string): void {
    const name = this.#path.join('.');
    const value = token === 'string' ? `"${this.#tokens.text}"` : this.#tokens.text;
    const field = { name, value, membership: this.#membership };
    const same = this.fields.get(name);
    if (same === undefined) this.fields.set(name, [field]);
    else same.push(field);
  }
}
