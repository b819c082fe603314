import type { JsonSchema } from '@millrace/catalog/compatibility.ts';

/** A field of an event's data, as a reader wants to see it. */
export interface SchemaField {
  /** `items[].quantity`: a list's elements are written with `[]`, a map's values with `{}`. */
  path: string;
  type: string;
  isRequired: boolean;
  limits: string;
}

const maxDepth = 8;

/** Lists the fields of a JSON Schema, in its order, nested ones after their parent. */
export function schemaFields(schema: JsonSchema, prefix = '', depth = 0): SchemaField[] {
  if (depth > maxDepth) return [];
  const required = new Set(Array.isArray(schema['required']) ? (schema['required'] as string[]) : []);
  return Object.entries(asSchemas(schema['properties'])).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const own = { path, type: typeName(field), isRequired: required.has(name), limits: limitsOf(field) };
    return [own, ...nested(field, path, depth)];
  });
}

function nested(field: JsonSchema, path: string, depth: number): SchemaField[] {
  if (isSchema(field['items'])) return nestedIn(field['items'], `${path}[]`, depth);
  if (isSchema(field['additionalProperties'])) return nestedIn(field['additionalProperties'], `${path}{}`, depth);
  return schemaFields(field, `${path}.`, depth + 1);
}

const nestedIn = (inner: JsonSchema, path: string, depth: number): SchemaField[] => [
  ...schemaFields(inner, `${path}.`, depth + 1),
  ...(isSchema(inner['items']) ? nested(inner, path, depth + 1) : []),
];

function typeName(field: JsonSchema): string {
  if (Array.isArray(field['enum'])) return field['enum'].map((value) => JSON.stringify(value)).join(' or ');
  if ('const' in field) return JSON.stringify(field['const']);
  if (Array.isArray(field['anyOf'])) return (field['anyOf'] as JsonSchema[]).map(typeName).join(' or ');
  if (isSchema(field['items'])) return `list of ${typeName(field['items'])}`;
  if (isSchema(field['additionalProperties'])) return `map of ${typeName(field['additionalProperties'])}`;
  const format = field['format'] === undefined ? '' : ` (${String(field['format'])})`;
  return `${String(field['type'] ?? 'anything')}${format}`;
}

const words: Record<string, (value: unknown) => string> = {
  minLength: (value) => `at least ${value} characters`,
  maxLength: (value) => `at most ${value} characters`,
  minItems: (value) => `at least ${value}`,
  maxItems: (value) => `at most ${value}`,
  minimum: (value) => `from ${value}`,
  maximum: (value) => (value === Number.MAX_SAFE_INTEGER ? '' : `to ${value}`),
  exclusiveMinimum: (value) => `above ${value}`,
  exclusiveMaximum: (value) => `below ${value}`,
};

function limitsOf(field: JsonSchema): string {
  const parts = Object.entries(words).map(([keyword, say]) => (keyword in field ? say(field[keyword]) : ''));
  // A format says more than the pattern that comes with it.
  if ('pattern' in field && !('format' in field)) parts.push(`like ${String(field['pattern'])}`);
  return parts.filter(Boolean).join(', ');
}

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const asSchemas = (value: unknown): Record<string, JsonSchema> =>
  isSchema(value) ? (value as Record<string, JsonSchema>) : {};
