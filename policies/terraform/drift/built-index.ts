import type { Built, BuiltResource } from '../built.ts';

/** One way in which what Terraform builds and what the catalog asks for are not the same. */
export interface Drift {
  /** `role`, `queue`, … */
  kind: string;
  name: string;
  message: string;
}

export type Values = Readonly<Record<string, unknown>>;

/** The resources of a type, whatever module they stand in. */
export const ofType = ({ resources }: Built, ...types: string[]): BuiltResource[] =>
  resources.filter(({ type }) => types.includes(type));

export const textIn = (values: Values, key: string): string => {
  const value = values[key];
  return typeof value === 'string' ? value : '';
};

export const listIn = (values: Values, key: string): Values[] => {
  const value = values[key];
  return Array.isArray(value) ? (value as Values[]) : [];
};

/** By a name that AWS takes once; two resources of one name are a drift of their own. */
export function byName(resources: readonly BuiltResource[], key: string): Map<string, BuiltResource> {
  return new Map(resources.map((resource) => [textIn(resource.values, key), resource]));
}

interface Compared {
  kind: string;
  wanted: readonly string[];
  found: readonly string[];
  /** What is built for the platform's own use: the catalog knows nothing of it. */
  isOwn?: (name: string) => boolean;
}

/** Names that are missing, that nothing asks for, and that are there twice. */
export function namesDrift({ kind, wanted, found, isOwn = () => false }: Compared): Drift[] {
  const missing = wanted.filter((name) => !found.includes(name));
  const extra = found.filter((name) => !wanted.includes(name) && !isOwn(name));
  const twice = [...new Set(found.filter((name, index) => found.indexOf(name) !== index))];
  return [
    ...missing.map((name) => ({ kind, name, message: 'the catalog asks for it and Terraform does not build it' })),
    ...extra.map((name) => ({ kind, name, message: 'Terraform builds it and nothing in the catalog asks for it' })),
    ...twice.map((name) => ({ kind, name, message: 'is built twice' })),
  ];
}

/** A value that is not as it should be. */
export function valueDrift(of: { kind: string; name: string; what: string; wanted: unknown; found: unknown }): Drift[] {
  const [wanted, found] = [of.wanted, of.found].map((value) => sortedJson(value));
  if (wanted === found) return [];
  return [{ kind: of.kind, name: of.name, message: `${of.what} is ${found}, the catalog says ${wanted}` }];
}

/** JSON with the members of objects in order: what only reads otherwise is the same. */
export function sortedJson(value: unknown): string {
  const sorted = (each: unknown): unknown => {
    if (Array.isArray(each)) return each.map(sorted);
    if (typeof each !== 'object' || each === null) return each ?? null;
    const entries = Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
  };
  return JSON.stringify(sorted(value));
}
