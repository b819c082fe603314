import type { Target } from './buses.ts';
import { pathSteps, textAt } from './json-path.ts';

export interface Delivered {
  /** The whole event as JSON. */
  event: string;
  ruleArn: string;
  ruleName: string;
  /** RFC 3339. */
  ingestedAt: string;
}

/** What a target receives of an event: all of it, a part, a constant, or a filled template. */
export function targetInput(target: Target, delivered: Delivered): string {
  if (target.Input !== undefined) return target.Input;
  if (target.InputPath !== undefined) {
    const steps = pathSteps(target.InputPath);
    return (steps && textAt(delivered.event, steps)) ?? '{}';
  }
  if (target.InputTransformer !== undefined) return filled(target.InputTransformer, delivered);
  return delivered.event;
}

function filled(transformer: NonNullable<Target['InputTransformer']>, delivered: Delivered): string {
  const values = new Map<string, string | undefined>([
    ['aws.events.rule-arn', JSON.stringify(delivered.ruleArn)],
    ['aws.events.rule-name', JSON.stringify(delivered.ruleName)],
    ['aws.events.event.ingestion-time', JSON.stringify(delivered.ingestedAt)],
    ['aws.events.event.json', delivered.event],
    ['aws.events.event', delivered.event],
  ]);
  for (const [name, path] of Object.entries(transformer.InputPathsMap ?? {})) {
    const steps = pathSteps(path);
    values.set(name, steps && textAt(delivered.event, steps));
  }
  return fillTemplate(transformer.InputTemplate, values);
}

/** Inside quotes a value becomes part of the text; outside it stays JSON. What is not in the event becomes nothing. */
function fillTemplate(template: string, values: ReadonlyMap<string, string | undefined>): string {
  let result = '';
  let isQuoted = false;
  for (let index = 0; index < template.length; index += 1) {
    const character = template.charAt(index);
    if (character === '\\') {
      result += template.slice(index, index + 2);
      index += 1;
      continue;
    }
    if (character === '"') isQuoted = !isQuoted;
    const name = character === '<' ? /^<([^<>\s]{1,256})>/.exec(template.slice(index, index + 258))?.[1] : undefined;
    if (name === undefined || !values.has(name)) {
      result += character;
      continue;
    }
    result += isQuoted ? quotedPart(values.get(name)) : (values.get(name) ?? '');
    index += name.length + 1;
  }
  return result;
}

function quotedPart(json: string | undefined): string {
  if (json === undefined) return '';
  return json.startsWith('"') ? json.slice(1, -1) : JSON.stringify(json).slice(1, -1);
}
