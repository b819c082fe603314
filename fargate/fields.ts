/** Fields of YAML that nobody has checked: a value of the wrong kind is as if it were not there. */

/** The value if it is a map, else an empty one. */
export function asMap(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** The value if it is a list, else an empty one. */
export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The maps of a list. */
export const asMaps = (value: unknown): Record<string, unknown>[] =>
  asList(value)
    .filter((item) => typeof item === 'object' && item !== null && !Array.isArray(item))
    .map(asMap);

/** The value if it is a text that is not empty. */
export const asText = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** The value if it is a whole number of zero or more. */
export const asCount = (value: unknown): number | undefined =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;

/** A value for a message, short. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `"${value.slice(0, 80)}"`;
  if (typeof value === 'number' || typeof value === 'boolean') return `${value}`;
  if (value === null || value === undefined) return 'nothing';
  return Array.isArray(value) ? 'a list' : 'a map';
}

/** A value inside maps: `fieldOf(pod, 'spec', 'hostNetwork')`. */
export function fieldOf(value: unknown, ...path: readonly string[]): unknown {
  let at = value;
  for (const key of path) at = Object.hasOwn(asMap(at), key) ? asMap(at)[key] : undefined;
  return at;
}

/** The entries of a map whose values are texts; numbers and truths are written out. */
export function asTexts(value: unknown): Record<string, string> {
  const scalar = new Set(['string', 'number', 'boolean']);
  return Object.fromEntries(
    Object.entries(asMap(value)).flatMap(([key, each]) => (scalar.has(typeof each) ? [[key, `${each}`]] : [])),
  );
}
