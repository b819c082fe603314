/** One field that differs. A side is undefined when the field is not there. Values are JSON, texts as they are. */
export interface FieldChange {
  path: string;
  before: string | undefined;
  after: string | undefined;
}

const maxDepth = 40;
/** Fields by which the items of a list are told apart, where every item has one of its own. */
const itemKeys = ['name', 'key', 'mountPath', 'host', 'path', 'sid', 'id'] as const;

/** Lists what differs between two values, field by field, in the order of the fields' names. */
export function fieldChanges(before: unknown, after: unknown, path = '', depth = 0): FieldChange[] {
  if (Object.is(before, after)) return [];
  if (depth > maxDepth) return changeOf(path, before, after);
  if (isMap(before) && isMap(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return names.flatMap((name) => fieldChanges(before[name], after[name], join(path, name), depth + 1));
  }
  if (Array.isArray(before) && Array.isArray(after)) return listChanges({ before, after, path, depth });
  if (isLong(before) && isLong(after)) return lineChanges(before, after, path);
  return changeOf(path, before, after);
}

function listChanges(lists: { before: unknown[]; after: unknown[]; path: string; depth: number }): FieldChange[] {
  const { before, after, path, depth } = lists;
  const key = itemKeys.find((name) => isKeyed(before, name) && isKeyed(after, name));
  if (key) {
    const named = (items: unknown[]): Map<string, unknown> =>
      new Map(items.map((item) => [String((item as Record<string, unknown>)[key]), item]));
    const [left, right] = [named(before), named(after)];
    const names = [...new Set([...left.keys(), ...right.keys()])];
    const changes = names.flatMap((name) =>
      fieldChanges(left.get(name), right.get(name), `${path}[${name}]`, depth + 1),
    );
    const isMoved = changes.length === 0 && [...left.keys()].join() !== [...right.keys()].join();
    return isMoved ? changeOf(`${path} (order)`, [...left.keys()], [...right.keys()]) : changes;
  }
  if ([...before, ...after].every((item) => !isMap(item) && !Array.isArray(item)))
    return scalarChanges(before, after, path);
  const length = Math.max(before.length, after.length);
  return Array.from({ length }, (_, index) => index).flatMap((index) =>
    fieldChanges(before[index], after[index], `${path}[${index}]`, depth + 1),
  );
}

/** Lists of plain values are read as sets: what went and what came. */
function scalarChanges(before: readonly unknown[], after: readonly unknown[], path: string): FieldChange[] {
  const [went, came] = [without(before, after), without(after, before)];
  if (went.length === 0 && came.length === 0) {
    return JSON.stringify(before) === JSON.stringify(after) ? [] : changeOf(`${path} (order)`, before, after);
  }
  return [
    ...went.map((item) => ({ path: `${path}[]`, before: show(item), after: undefined })),
    ...came.map((item) => ({ path: `${path}[]`, before: undefined, after: show(item) })),
  ];
}

/** Of a text of several lines the lines that differ. */
function lineChanges(before: string, after: string, path: string): FieldChange[] {
  const [left, right] = [before.split('\n'), after.split('\n')];
  const [went, came] = [without(left, right), without(right, left)];
  if (went.length === 0 && came.length === 0) return changeOf(`${path} (lines)`, before, after);
  const text = (lines: readonly unknown[]): string | undefined => (lines.length > 0 ? lines.join('\n') : undefined);
  return [{ path: `${path} (lines)`, before: text(went), after: text(came) }];
}

/** The items of a list that another has not, each as often as it is missing there. */
function without(items: readonly unknown[], others: readonly unknown[]): unknown[] {
  const counts = new Map<unknown, number>();
  for (const item of others) counts.set(item, (counts.get(item) ?? 0) + 1);
  return items.filter((item) => {
    const left = counts.get(item) ?? 0;
    counts.set(item, left - 1);
    return left <= 0;
  });
}

function changeOf(path: string, before: unknown, after: unknown): FieldChange[] {
  const change = { path, before: show(before), after: show(after) };
  return change.before === change.after ? [] : [change];
}

function isKeyed(items: readonly unknown[], key: string): boolean {
  const names = items.map((item) => (isMap(item) && typeof item[key] === 'string' ? item[key] : undefined));
  return names.every((name) => name !== undefined) && new Set(names).size === names.length;
}

const show = (value: unknown): string | undefined => {
  if (value === undefined) return undefined;
  return typeof value === 'string' ? value : JSON.stringify(value);
};

const join = (path: string, name: string): string => {
  const safe = /[.[\]]/.test(name) ? `[${name}]` : name;
  return path && !safe.startsWith('[') ? `${path}.${safe}` : path + safe;
};

const isLong = (value: unknown): value is string => typeof value === 'string' && value.includes('\n');

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
