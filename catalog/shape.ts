import { z } from 'zod';
import { nearest } from './did-you-mean.ts';
import type { Fault } from './fault.ts';

/** What a path of zod looks like to a person: `workloads.api.size`, `consumes[2].event`. */
export const pathText = (path: readonly PropertyKey[]): string =>
  path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');

/**
 * Compares a value with its strict schema. Gives E010 for a key that nothing reads, with the key that was meant, and E004
 * for what is missing or of the wrong kind. A missing key that an unknown one was meant for is said once.
 */
export function shapeFaults(schema: z.ZodType, value: unknown): Fault[] {
  const result = schema.safeParse(value, { jitless: true });
  if (result.success) return [];
  const issues = result.error.issues.flatMap((issue) => openUnion(issue, value));
  const unknown = issues.flatMap((issue) => unknownKeys(issue, { schema, value, issues }));
  const meant = new Set(unknown.map(({ parent, suggestion }) => `${parent}.${suggestion ?? ''}`));
  const wrong = issues
    .filter((issue) => issue.code !== 'unrecognized_keys' && !meant.has(pathText(issue.path)))
    .map((issue) => ({ place: pathText(issue.path), code: 'E004', message: wrongMessage(issue, value) }));
  return [...unknown.map(({ fault }) => fault), ...wrong];
}

/** Has a value everything that its schema asks for? Unknown keys are allowed here. */
export function isSound(schema: z.ZodType, value: unknown): boolean {
  return brokenIssues(schema, value).length === 0;
}

/** What keeps a value from being read as its schema says: everything but unknown keys. A broken union is said as a whole. */
export function brokenIssues(schema: z.ZodType, value: unknown): Issue[] {
  const result = schema.safeParse(value, { jitless: true });
  return result.success ? [] : result.error.issues.filter(({ code }) => code !== 'unrecognized_keys');
}

type Issue = z.core.$ZodIssue;

/** Of a union, what the branch that comes nearest says. */
function openUnion(issue: Issue, value: unknown): Issue[] {
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [issue];
  const branches = issue.errors.map((errors) => errors.flatMap((inner) => openUnion(prefixed(inner, issue), value)));
  return branches.sort((a, b) => weight(a) - weight(b))[0] ?? [issue];
}

/** How far a value is from a branch: wrong words count most, a key that was meant for a missing one counts least. */
function weight(errors: readonly Issue[]): number {
  const missing = errors.map(({ path }) => String(path.at(-1)));
  const cost = (error: Issue): number => {
    if (error.code === 'unrecognized_keys') return error.keys.some((key) => nearest(key, missing)) ? -1 : 1;
    return error.code === 'invalid_value' ? 10 : 1;
  };
  return errors.reduce((sum, error) => sum + cost(error), 0);
}

const prefixed = (inner: Issue, outer: Issue): Issue => ({ ...inner, path: [...outer.path, ...inner.path] });

interface Unknown {
  parent: string;
  suggestion: string | undefined;
  fault: Fault;
}

function unknownKeys(issue: Issue, context: { schema: z.ZodType; value: unknown; issues: Issue[] }): Unknown[] {
  if (issue.code !== 'unrecognized_keys') return [];
  const parent = pathText(issue.path);
  const known = keysAt(context.schema, issue.path, context.value);
  return issue.keys.map((key) => {
    const suggestion = nearest(key, known);
    const message = suggestion
      ? `"${key}" is not a setting. Did you mean ${suggestion}?`
      : `"${key}" is not a setting. ${known.length > 0 ? `Known: ${known.join(', ')}.` : 'Take it away.'}`;
    return { parent, suggestion, fault: { place: `${parent}.${key}`, code: 'E010', message } };
  });
}

/** The keys that a strict object takes at a path of its schema. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[], value: unknown): string[] {
  let step: z.ZodType = bare(schema);
  let at: unknown = value;
  for (const key of path) {
    step = bare(child(step, key, at));
    at = member(at, key);
  }
  if (step instanceof z.ZodUnion) step = branchOf(step, at);
  return step instanceof z.ZodObject ? Object.keys(step.shape) : [];
}

function bare(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodReadonly
    ? bare(schema.unwrap() as z.ZodType)
    : schema;
}

function child(schema: z.ZodType, key: PropertyKey, value: unknown): z.ZodType {
  if (schema instanceof z.ZodUnion) return child(branchOf(schema, value), key, value);
  if (schema instanceof z.ZodObject) return (schema.shape[String(key)] as z.ZodType | undefined) ?? z.unknown();
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType;
  return schema instanceof z.ZodRecord ? (schema.valueType as z.ZodType) : z.unknown();
}

/** The branch of a union that shares most keys with a value. */
function branchOf(union: z.ZodUnion, value: unknown): z.ZodType {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  const hits = (option: z.ZodType): number => {
    const shape = option instanceof z.ZodObject ? option.shape : {};
    const kind = shape['kind'] instanceof z.ZodLiteral && shape['kind'].value === member(value, 'kind') ? 100 : 0;
    return kind + keys.filter((key) => nearest(key, Object.keys(shape))).length;
  };
  const options = union.options as z.ZodType[];
  return options.toSorted((a, b) => hits(b) - hits(a))[0] ?? z.unknown();
}

function member(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

function wrongMessage(issue: Issue, value: unknown): string {
  const found = issue.path.reduce(member, value);
  if (issue.code === 'invalid_type' && found === undefined) return `is missing. Write ${kindOf(issue.expected)}.`;
  if (issue.code === 'invalid_type') return `is ${kindOf(typeName(found))}. Write ${kindOf(issue.expected)}.`;
  if (issue.code === 'invalid_value') return `is not known. Write one of ${issue.values.map(String).join(', ')}.`;
  if (issue.code === 'too_small') return `is too small. Write ${issue.minimum} or more.`;
  if (issue.code === 'too_big') return `is too large. Write ${issue.maximum} or less.`;
  if (issue.code === 'invalid_union') return `is of no known kind: ${issue.message}.`;
  return `is wrong: ${issue.message}.`;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

const kindOf = (type: string): string => {
  const words: Record<string, string> = {
    int: 'a whole number',
    null: 'null',
    undefined: 'nothing',
    record: 'an object',
    ZodObject: 'a zod object',
  };
  return words[type] ?? `${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;
};
