/** A JSON Schema, as far as contracts use it. */
export type JsonSchema = { [keyword: string]: unknown };

/** A change that old readers, or readers of old events, would stumble over. */
export interface BreakingChange {
  /** RFC 6901 pointer into an event's `data`. */
  pointer: string;
  reason: string;
}

const annotations = new Set(['$schema', '$id', '$comment', 'title', 'description', 'examples', 'default']);
const structural = new Set(['properties', 'required', 'items', 'additionalProperties', 'anyOf', 'propertyNames']);

/**
 * Lists what in `next` breaks readers of `published`. Events are kept and replayed, and readers are deployed at other times
 * than publishers, so a version may only gain optional fields: anything else needs the next major version.
 */
export function breakingChanges(published: JsonSchema, next: JsonSchema, pointer = ''): BreakingChange[] {
  return [
    ...keywordChanges(published, next, pointer),
    ...propertyChanges(published, next, pointer),
    ...nestedChanges(published, next, pointer),
  ];
}

function keywordChanges(published: JsonSchema, next: JsonSchema, pointer: string): BreakingChange[] {
  const keywords = new Set([...Object.keys(published), ...Object.keys(next)]);
  return [...keywords]
    .filter((keyword) => !annotations.has(keyword) && !structural.has(keyword))
    .filter((keyword) => JSON.stringify(published[keyword]) !== JSON.stringify(next[keyword]))
    .map((keyword) => ({
      pointer,
      reason: `${keyword} was ${show(published[keyword])} and is now ${show(next[keyword])}`,
    }));
}

function propertyChanges(published: JsonSchema, next: JsonSchema, pointer: string): BreakingChange[] {
  const before = fieldsOf(published);
  const after = fieldsOf(next);
  const changes: BreakingChange[] = [];
  for (const [name, schema] of Object.entries(before.fields)) {
    const place = `${pointer}/${name}`;
    const now = after.fields[name];
    if (!now) changes.push({ pointer: place, reason: 'the field is gone' });
    else changes.push(...breakingChanges(schema, now, place));
    if (now && before.required.has(name) && !after.required.has(name)) {
      changes.push({ pointer: place, reason: 'the field was always there and is now optional' });
    }
    if (now && !before.required.has(name) && after.required.has(name)) {
      changes.push({ pointer: place, reason: 'the field was optional and is now required; older events may lack it' });
    }
  }
  for (const name of Object.keys(after.fields)) {
    if (name in before.fields || !after.required.has(name)) continue;
    changes.push({ pointer: `${pointer}/${name}`, reason: 'the new field is required; older events lack it' });
  }
  return changes;
}

function nestedChanges(published: JsonSchema, next: JsonSchema, pointer: string): BreakingChange[] {
  const changes: BreakingChange[] = [];
  for (const keyword of ['items', 'additionalProperties', 'propertyNames']) {
    const [before, after] = [published[keyword], next[keyword]];
    if (isSchema(before) && isSchema(after)) changes.push(...breakingChanges(before, after, `${pointer}/*`));
    else if (JSON.stringify(before) !== JSON.stringify(after)) {
      changes.push({ pointer, reason: `${keyword} was ${show(before)} and is now ${show(after)}` });
    }
  }
  const [before, after] = [published.anyOf, next.anyOf];
  if (JSON.stringify(before) !== JSON.stringify(after)) {
    changes.push({ pointer, reason: 'the set of shapes that the value may have is another' });
  }
  return changes;
}

function fieldsOf(schema: JsonSchema): { fields: Record<string, JsonSchema>; required: Set<string> } {
  const fields = isSchema(schema.properties) ? (schema.properties as Record<string, JsonSchema>) : {};
  return { fields, required: new Set(schema.required as string[] | undefined) };
}

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const show = (value: unknown): string => (value === undefined ? 'absent' : JSON.stringify(value));
