/** Plain data, as JSON has it. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain | undefined };

/** These come first, in this order; all other keys follow in the order of their characters. */
const leading = ['apiVersion', 'kind', 'metadata', 'name', 'namespace'];
const maxDepth = 100;

/**
 * What YAML 1.1 or 1.2 would read as something else than text; some readers take an exponent alone for a number. Names of keys
 * are judged by the same list.
 */
const reserved = /^(y|n|yes|no|on|off|true|false|null|e[-+]?\d+)$/i;
const bareText = /^[A-Za-z/_](?:[\w ./@%+=,()*-]|:(?=[\w./@%+=,()*-]))*(?<! )$/;
const bareKey = /^[A-Za-z_][\w./-]*$/;
/** Everything that a block may hold: printable characters in lines that neither start nor end with a blank. */
const blockLine = /^(?:[!-~\u00a1-\ud7ff](?:[ -~\u00a1-\ud7ff]*[!-~\u00a1-\ud7ff])?)?$/;
/** Line ends and marks that JSON leaves as they are and YAML does not. */
const unprintable = /[\u007f-\u00a0\u2028\u2029\ufeff\ufffe\uffff]/g;

/**
 * Writes plain data as YAML that 1.1 and 1.2 read alike: two spaces, sorted keys, LF, no anchors, no line folding. The same
 * data gives the same bytes whatever order its keys were set in. Ours, because a general emitter takes ten times as long.
 * @throws RangeError for a number that is not finite, half a character, or data that is nested deeper than manifests ever are.
 */
export function yamlText(value: Plain): string {
  return isCollection(value) && sizeOf(value) > 0 ? collection(value, '', 0) : `${scalar(value, '')}\n`;
}

type Collection = Exclude<Plain, string | number | boolean | null>;

const isCollection = (value: Plain): value is Collection => typeof value === 'object' && value !== null;
const isList = (value: Collection): value is readonly Plain[] => Array.isArray(value);
const sizeOf = (value: Collection): number => (isList(value) ? value.length : keysOf(value).length);

function collection(value: Collection, indent: string, depth: number): string {
  if (depth > maxDepth) throw new RangeError(`data is nested deeper than ${maxDepth}`);
  if (isList(value)) return value.map((item) => `${indent}- ${listItem(item, indent, depth)}`).join('');
  return keysOf(value)
    .map((key) => `${indent}${keyText(key)}:${member(value[key] ?? null, indent, depth)}`)
    .join('');
}

function member(value: Plain, indent: string, depth: number): string {
  if (!isCollection(value) || sizeOf(value) === 0) return ` ${scalar(value, `${indent}  `)}\n`;
  return `\n${collection(value, `${indent}  `, depth + 1)}`;
}

/** The first line of an item stands behind its dash. */
function listItem(value: Plain, indent: string, depth: number): string {
  const inner = `${indent}  `;
  if (!isCollection(value) || sizeOf(value) === 0) return `${scalar(value, inner)}\n`;
  return collection(value, inner, depth + 1).slice(inner.length);
}

function scalar(value: Plain, indent: string): string {
  if (typeof value === 'string') return text(value, indent);
  if (typeof value === 'number') return numberText(value);
  if (value === null || typeof value === 'boolean') return String(value);
  return isList(value) ? '[]' : '{}';
}

function text(value: string, indent: string): string {
  if (!value.isWellFormed()) throw new RangeError('half of a character is no text for YAML');
  if (bareText.test(value) && !reserved.test(value)) return value;
  return block(value, indent) ?? quoted(value);
}

/** A text of several lines as it is; nothing where a block could not give the same text back. */
function block(value: string, indent: string): string | undefined {
  const body = value.endsWith('\n') ? value.slice(0, -1) : value;
  if (!body.includes('\n')) return undefined;
  const lines = body.split('\n');
  if (lines[0] === '' || lines.at(-1) === '') return undefined;
  // Lines may start deeper than the first one.
  if (!lines.every((line, index) => blockLine.test(index === 0 ? line : line.trimStart()) && !/^\s*\t/.test(line))) {
    return undefined;
  }
  const shown = lines.map((line) => (line === '' ? '' : `${indent}${line}`));
  return [value === body ? '|-' : '|', ...shown].join('\n');
}

function numberText(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} is no number for YAML`);
  const shown = String(value);
  // YAML 1.1 asks for a point in a number with an exponent.
  return /^-?\d+e/.test(shown) ? shown.replace('e', '.0e') : shown;
}

const keyText = (key: string): string => (bareKey.test(key) && !reserved.test(key) ? key : quoted(key));

const quoted = (value: string): string =>
  JSON.stringify(value).replaceAll(
    unprintable,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

function keysOf(value: Exclude<Collection, readonly Plain[]>): string[] {
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  return keys.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

function rank(key: string): number {
  const position = leading.indexOf(key);
  return position < 0 ? leading.length : position;
}
