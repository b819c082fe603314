import { compileRules } from './pattern-compile.ts';
import { InvalidPatternError } from './pattern-error.ts';
import { eventFields } from './pattern-event.ts';
import { JsonSyntaxError } from './pattern-json.ts';
import { PatternMachine } from './pattern-machine.ts';

/** An EventBridge event pattern that answers as AWS's own matcher (event-ruler 1.8.1) does. */
export interface EventPattern {
  /** Whether the event, a JSON object, matches. Throws JsonSyntaxError when the text is not JSON. */
  matches(event: string): boolean;
  /** Whether the pattern looks at a member of this name, anywhere. */
  reads(step: string): boolean;
}

/** Compiles an event pattern. Throws InvalidPatternError with the reason. */
export function compilePattern(text: string): EventPattern {
  try {
    const rules = compileRules(text);
    const steps = usedSteps(rules.flatMap((rule) => [...rule.keys()]));
    const machine = new PatternMachine(rules);
    const reads = (step: string) =>
      steps.has(step) || (step.includes('.') && dottedSteps(step).every((part) => steps.has(part)));
    return { reads, matches: (event) => machine.matches(eventFields(event, reads)) };
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new InvalidPatternError(error.message, { cause: error });
    throw error;
  }
}

const usedSteps = (names: string[]): Set<string> => new Set(names.flatMap(dottedSteps));

/** Splits at dots as Java does: empty steps at the end fall away. */
function dottedSteps(name: string): string[] {
  const steps = name.split('.');
  while (steps.length > 0 && steps.at(-1) === '' && name !== '') steps.pop();
  return steps;
}
