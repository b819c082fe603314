import type { z } from 'zod';
import { toPointer } from './json-body.ts';
import type { Violation } from './problem.ts';
import { Problem } from './problem.ts';

type Issue = z.core.$ZodIssue;

/** Translates zod's issues into the codes of our error format. */
export function violationsOf(issues: readonly Issue[], prefix = ''): Violation[] {
  return issues.slice(0, 50).flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        pointer: prefix + toPointer([...issue.path, key]),
        code: 'unknown-field',
        message: 'There is no such field.',
      }));
    }
    const meant = issue.code === 'invalid_union' ? meantBranch(issue.errors) : undefined;
    if (meant) return violationsOf(meant, prefix + toPointer(issue.path));
    return [{ pointer: prefix + toPointer(issue.path), code: codeOf(issue), message: issue.message }];
  });
}

/** Of forms that may be taken instead of one another: the one whose type was sent. Its faults are the caller's. */
function meantBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const isOtherType = (issue: Issue): boolean => issue.code === 'invalid_type' && issue.path.length === 0;
  const meant = branches.filter((issues) => !issues.some(isOtherType));
  return meant.length === 1 ? meant[0] : undefined;
}

function codeOf(issue: Issue): string {
  if (issue.code === 'invalid_type') {
    if (issue.input === undefined && issue.message.includes('undefined')) return 'required';
    return issue.expected === 'int' ? 'integer' : 'type';
  }
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    if (issue.origin === 'string') return issue.code === 'too_big' ? 'too-long' : 'too-short';
    return issue.origin === 'array' ? 'item-count' : 'range';
  }
  if (issue.code === 'invalid_format') return `format-${issue.format}`;
  if (issue.code === 'custom' && typeof issue.params?.code === 'string') return issue.params.code;
  return issue.code.replaceAll('_', '-');
}

/** Parses a value by a schema. @throws Problem 422 with every violation. */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  place: { what: string; prefix?: string },
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = violationsOf(parsed.error.issues, place.prefix);
  throw new Problem(422, errors[0]?.code ?? 'invalid', `The ${place.what} is not valid.`, { errors });
}
