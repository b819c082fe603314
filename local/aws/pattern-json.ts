// A strict pull parser of JSON. Event patterns need what JSON.parse hides: the spelling of numbers and the order of
// repeated keys.

export type JsonTokenKind = '{' | '}' | '[' | ']' | 'name' | 'string' | 'number' | 'true' | 'false' | 'null';

const maxDepth = 1000;
const maxNumberLength = 1000;
const numberSyntax = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const plainText = /[^"\\\u0000-\u001f]*/y;
const escapes: Record<string, string> = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** What is not JSON, with the character where it was seen. */
export class JsonSyntaxError extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(`${message} at character ${offset}`);
    this.offset = offset;
  }
}

/** Reads tokens one by one. What follows the first complete value is not looked at. */
export class JsonTokens {
  /** The value of the last name, string, number or word; numbers as they were spelled. */
  text = '';
  /** Where the last token began. */
  start = 0;
  /** Where the last token ended. */
  end = 0;
  readonly #source: string;
  readonly #open: ('{' | '[')[] = [];
  #state: 'value' | 'first-name' | 'name' | 'first-item' | 'after' = 'value';

  constructor(source: string) {
    this.#source = source;
  }

  next(): JsonTokenKind {
    let character = this.#skipSpace();
    if (this.#state === 'after') {
      const container = this.#open.at(-1);
      if (container === undefined) throw new JsonSyntaxError('nothing may follow', this.end);
      const close = container === '{' ? '}' : ']';
      if (character === close) return this.#close(close);
      if (character !== ',') throw new JsonSyntaxError(`"," or "${close}" expected`, this.end);
      this.end += 1;
      character = this.#skipSpace();
      this.#state = container === '{' ? 'name' : 'value';
    }
    if (this.#state === 'first-name' && character === '}') return this.#close('}');
    if (this.#state === 'first-item' && character === ']') return this.#close(']');
    if (this.#state === 'first-name' || this.#state === 'name') return this.#name(character);
    return this.#value(character);
  }

  /** Skips the rest of the container that was just opened. */
  skip(): void {
    const depth = this.#open.length;
    while (this.#open.length >= depth) this.next();
  }

  #skipSpace(): string {
    for (;;) {
      const character = this.#source[this.end];
      if (character === undefined) throw new JsonSyntaxError('unexpected end of JSON', this.end);
      if (character !== ' ' && character !== '\n' && character !== '\t' && character !== '\r') return character;
      this.end += 1;
    }
  }

  #close(kind: '}' | ']'): JsonTokenKind {
    this.start = this.end;
    this.end += 1;
    this.#open.pop();
    this.#state = 'after';
    return kind;
  }

  #name(character: string): JsonTokenKind {
    if (character !== '"') throw new JsonSyntaxError('a member name expected', this.end);
    this.#string();
    if (this.#skipSpace() !== ':') throw new JsonSyntaxError('":" expected', this.end);
    this.end += 1;
    this.#state = 'value';
    return 'name';
  }

  #value(character: string): JsonTokenKind {
    this.start = this.end;
    if (character === '{' || character === '[') {
      if (this.#open.length >= maxDepth) throw new JsonSyntaxError(`nested deeper than ${maxDepth}`, this.end);
      this.end += 1;
      this.#open.push(character);
      this.#state = character === '{' ? 'first-name' : 'first-item';
      return character;
    }
    this.#state = 'after';
    if (character === '"') {
      this.#string();
      return 'string';
    }
    for (const word of ['true', 'false', 'null'] as const) {
      if (!this.#source.startsWith(word, this.end)) continue;
      this.end += word.length;
      this.text = word;
      return word;
    }
    numberSyntax.lastIndex = this.end;
    const number = numberSyntax.exec(this.#source)?.[0];
    if (number === undefined) throw new JsonSyntaxError('a JSON value expected', this.end);
    this.end += number.length;
    if (/[0-9a-zA-Z_.+-]/.test(this.#source[this.end] ?? ' ')) throw new JsonSyntaxError('not a number', this.end);
    if (number.length > maxNumberLength) throw new JsonSyntaxError('the number is too long', this.end);
    this.text = number;
    return 'number';
  }

  #string(): void {
    this.start = this.end;
    let position = this.end + 1;
    let text = '';
    for (;;) {
      plainText.lastIndex = position;
      const plain = plainText.exec(this.#source)?.[0] ?? '';
      text += plain;
      position += plain.length;
      const character = this.#source[position];
      if (character === '"') break;
      if (character !== '\\') throw new JsonSyntaxError('unfinished string or control character', position);
      const mark = this.#source[position + 1] ?? '';
      if (mark === 'u') {
        const digits = this.#source.slice(position + 2, position + 6);
        if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw new JsonSyntaxError('bad \\u escape', position);
        text += String.fromCharCode(Number.parseInt(digits, 16));
        position += 6;
        continue;
      }
      const plainEscape = escapes[mark];
      if (plainEscape === undefined) throw new JsonSyntaxError('bad escape', position);
      text += plainEscape;
      position += 2;
    }
    this.text = text.isWellFormed() ? text : withoutHalfPairs(text);
    this.end = position + 1;
  }
}

/** Half a surrogate pair cannot be written in UTF-8; AWS's matcher, in Java, reads "?" instead. */
const withoutHalfPairs = (text: string): string =>
  text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '?');
