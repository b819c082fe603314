import type { ParsedOptions } from './database-session.ts';

// postgres.js asks each connection for the array types and waits for the answer in a promise that nobody holds: when the
// connection is lost just then, the process dies of an unhandled rejection. The numbers of the built-in types never change.

/** Element type → array type. Source: pg_type.dat of PostgreSQL. */
const arrayTypes: readonly (readonly [element: number, array: number])[] = [
  [16, 1000], // boolean
  [17, 1001], // bytea
  [20, 1016], // bigint
  [21, 1005], // smallint
  [23, 1007], // integer
  [25, 1009], // text
  [26, 1028], // oid
  [114, 199], // json
  [700, 1021], // real
  [701, 1022], // double precision
  [1042, 1014], // character
  [1043, 1015], // varchar
  [1082, 1182], // date
  [1114, 1115], // timestamp
  [1184, 1185], // timestamptz
  [1700, 1231], // numeric
  [2950, 2951], // uuid
  [3802, 3807], // jsonb
  [5069, 271], // xid8
];

type Convert = ((value: unknown) => unknown) | undefined;

/** Teaches postgres.js to read and write arrays of the built-in types, as its own `fetch_types` would. */
export function knowArrays(options: ParsedOptions): void {
  const { parsers, serializers } = options;
  const shared = options.shared as { typeArrayMap: Record<number, number> };
  for (const [element, array] of arrayTypes) {
    shared.typeArrayMap[element] = array;
    const parse = (text: string): unknown[] => readArray(text, parsers[element] as Convert);
    // The library cuts the first character off a text for a parser that says it is one of arrays.
    parsers[array] = Object.assign((text: string) => parse(`{${text}`), { array: true });
    serializers[array] = (value: unknown) => writeArray(value, serializers[element] as Convert);
  }
}

const mustBeQuoted = /["\\{},\s]|^$|^null$/i;

/** Writes an array literal. Source: PostgreSQL, "Array Input and Output Syntax". */
function writeArray(value: unknown, serialize: Convert): unknown {
  if (!Array.isArray(value)) return value;
  const items = value.map((item: unknown) => {
    if (item === null) return 'null';
    if (item === undefined) throw new TypeError('An array for the database holds undefined.');
    if (Array.isArray(item)) return writeArray(item, serialize);
    const text = String(serialize ? serialize(item) : item);
    return mustBeQuoted.test(text) ? `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"` : text;
  });
  return `{${items.join(',')}}`;
}

/** Reads an array literal of any dimension. */
function readArray(text: string, parse: Convert): unknown[] {
  const stack: unknown[][] = [[]];
  const item = /"((?:[^"\\]|\\.)*)"|([{}])|([^{},"]+)/gs;
  for (const [, quoted, brace, bare] of text.matchAll(item)) {
    const current = stack.at(-1);
    if (brace === '{') {
      const inner: unknown[] = [];
      current?.push(inner);
      stack.push(inner);
    } else if (brace === '}') stack.pop();
    else if (bare === 'NULL') current?.push(null);
    else {
      const value = quoted === undefined ? bare : quoted.replaceAll(/\\(.)/gs, '$1');
      current?.push(parse ? parse(value) : value);
    }
  }
  return stack[0]?.[0] as unknown[];
}
