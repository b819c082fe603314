import { z } from 'zod';
import { accessDenied, S3Error } from './s3-error.ts';

const bytes = z.coerce.number().int().min(0);
const exact = z.record(z.string(), z.string()).refine((value) => Object.keys(value).length === 1);
const matching = z.tuple([z.string(), z.string().regex(/^\$./s), z.string()]);
const range = z.tuple([z.string().regex(/^content-length-range$/i), bytes, bytes]);
const policySyntax = z.object({ expiration: z.string(), conditions: z.array(z.union([exact, range, matching])) });

type Condition = { kind: 'eq' | 'starts-with'; field: string; value: string };

/** What a signed policy lets a form do. */
export interface Policy {
  expiresAt: number;
  conditions: Condition[];
  minBytes: number;
  maxBytes: number;
}

/** Reads a policy document, base64 of JSON. Throws InvalidPolicyDocument. */
export function parsePolicy(encoded: string): Policy {
  const parsed = policySyntax.safeParse(jsonOf(Buffer.from(encoded, 'base64').toString()));
  if (!parsed.success) throw invalidPolicy(`Invalid Policy: ${parsed.error.issues[0]?.message}`);
  const expiresAt = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(parsed.data.expiration)
    ? Date.parse(parsed.data.expiration)
    : Number.NaN;
  if (Number.isNaN(expiresAt)) throw invalidPolicy(`Invalid Policy: Invalid 'expiration' value`);
  const policy: Policy = { expiresAt, conditions: [], minBytes: 0, maxBytes: Number.POSITIVE_INFINITY };
  for (const condition of parsed.data.conditions) {
    if (!Array.isArray(condition)) {
      const [field = '', value = ''] = Object.entries(condition)[0] ?? [];
      policy.conditions.push({ kind: 'eq', field: field.toLowerCase(), value });
      continue;
    }
    const [first, second, third] = condition;
    const kind = first.toLowerCase();
    if (typeof second === 'number' && typeof third === 'number') {
      policy.minBytes = Math.max(policy.minBytes, second);
      policy.maxBytes = Math.min(policy.maxBytes, third);
    } else if (kind === 'eq' || kind === 'starts-with') {
      policy.conditions.push({ kind, field: String(second).slice(1).toLowerCase(), value: String(third) });
    } else throw invalidPolicy(`Invalid Policy: Invalid Simple-Condition: unknown operation '${first}'.`);
  }
  return policy;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidPolicy('Invalid Policy: Invalid JSON.');
  }
}

const invalidPolicy = (message: string): S3Error => new S3Error(400, 'InvalidPolicyDocument', message);

const uncovered = /^(x-amz-signature|file|policy|bucket|x-ignore-.*)$/;

/** Throws AccessDenied unless every condition is kept and every field has one. */
export function checkPolicy(policy: Policy, fields: ReadonlyMap<string, string>, now: number): void {
  if (now >= policy.expiresAt) throw accessDenied('Invalid according to Policy: Policy expired.');
  const failed = policy.conditions.find((condition) => !isMet(condition, fields.get(condition.field)));
  if (failed !== undefined) {
    const words = JSON.stringify([failed.kind, `$${failed.field}`, failed.value]);
    throw accessDenied(`Invalid according to Policy: Policy Condition failed: ${words}`);
  }
  const covered = new Set(policy.conditions.map(({ field }) => field));
  const extra = [...fields.keys()].filter((name) => !covered.has(name) && !uncovered.test(name));
  if (extra.length > 0) {
    throw accessDenied(`Invalid according to Policy: Extra input fields: ${extra.join(', ')}`);
  }
}

function isMet({ kind, field, value }: Condition, given: string | undefined): boolean {
  if (given === undefined) return false;
  if (kind === 'eq') return given === value;
  // A list of types is allowed when each of them is.
  const parts = field === 'content-type' ? given.split(',').map((part) => part.trim()) : [given];
  return parts.every((part) => part.startsWith(value));
}
