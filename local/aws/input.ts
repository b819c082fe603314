import { serializationError } from './aws-error.ts';

/** The members of a request. A member of the wrong kind is refused as AWS's deserializer does; null is absence. */
export class Input {
  readonly members: Record<string, unknown>;

  constructor(value: unknown, where = 'request') {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw serializationError(`Start of structure or map found where not expected: ${where} must be an object.`);
    }
    this.members = value as Record<string, unknown>;
  }

  has(name: string): boolean {
    return this.#member(name) !== undefined;
  }

  text(name: string): string | undefined {
    const value = this.#member(name);
    if (value === undefined || typeof value === 'string') return value;
    throw serializationError(`STRING_VALUE expected for ${name}`);
  }

  integer(name: string): number | undefined {
    const value = this.#member(name);
    const number = typeof value === 'string' && /^-?[0-9]{1,15}$/.test(value) ? Number(value) : value;
    if (number === undefined) return undefined;
    if (typeof number === 'number' && Number.isSafeInteger(number)) return number;
    throw serializationError(`NUMBER_VALUE (an integer) expected for ${name}`);
  }

  /** An instant in milliseconds, sent as seconds since 1970 or as RFC 3339. */
  instant(name: string): number | undefined {
    const value = this.#member(name);
    if (value === undefined) return undefined;
    const instant = typeof value === 'number' ? value * 1000 : Date.parse(typeof value === 'string' ? value : '');
    if (Number.isFinite(instant) && Math.abs(instant) <= 8.64e15) return Math.trunc(instant);
    throw serializationError(`A timestamp is expected for ${name}`);
  }

  list(name: string): unknown[] | undefined {
    const value = this.#member(name);
    if (value === undefined || Array.isArray(value)) return value;
    throw serializationError(`Start of list expected for ${name}`);
  }

  texts(name: string): string[] | undefined {
    return this.list(name)?.map((value) => {
      if (typeof value === 'string') return value;
      throw serializationError(`STRING_VALUE expected in ${name}`);
    });
  }

  structure(name: string): Input | undefined {
    const value = this.#member(name);
    return value === undefined ? undefined : new Input(value, name);
  }

  structures(name: string): Input[] | undefined {
    return this.list(name)?.map((value) => new Input(value, name));
  }

  textMap(name: string): Record<string, string> | undefined {
    const map = this.structure(name);
    if (map === undefined) return undefined;
    const entries = Object.entries(map.members).map(([key, value]): [string, string] => {
      if (typeof value === 'string') return [key, value];
      throw serializationError(`STRING_VALUE expected for ${name}.${key}`);
    });
    return Object.fromEntries(entries);
  }

  #member(name: string): unknown {
    const value = Object.hasOwn(this.members, name) ? this.members[name] : undefined;
    return value === null ? undefined : value;
  }
}
