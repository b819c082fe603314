import type { FieldRules } from './pattern-compile.ts';
import { InvalidPatternError } from './pattern-error.ts';
import type { EventField } from './pattern-event.ts';
import type { ValuePattern } from './pattern-value.ts';
import { accepts, identityOf, readings } from './pattern-value.ts';

// The states are shared between the rules of one pattern exactly as in AWS's event-ruler, because the sharing shows:
// a second rule of an `$or` that reaches only states of the first is taken for the same rule.

class State {
  /** Field name to the patterns that lead on from here. */
  readonly values = new Map<string, Values>();
  /** Field name to the state that is reached when the event has no such field. */
  readonly absent = new Map<string, State>();
  /** Identity of the last pattern to the rules that end here, and to those that go on. */
  readonly ending = new Map<string, Set<number>>();
  readonly passing = new Map<string, Set<number>>();
}

interface Alternative {
  pattern: ValuePattern;
  identity: string;
  next: State;
}

interface Values {
  alternatives: Map<string, Alternative>;
  reads: { addresses: boolean; numbers: boolean };
}

const maxSteps = 200_000;
const none: ReadonlySet<number> = new Set();

/** The rules of one pattern as states, each reached by one field after the other in the order of their names. */
export class PatternMachine {
  readonly #start = new State();
  #rules = 0;
  #steps = 0;

  constructor(rules: FieldRules[]) {
    for (const rule of rules) this.#add(rule);
  }

  #add(fields: FieldRules): void {
    const names = [...fields.keys()].sort();
    const reached: Set<State>[] = names.map(() => new Set());
    if (this.#addStep({ state: this.#start, names, index: 0, fields, reached }).size > 0) return;
    const rule = this.#rules;
    this.#rules += 1;
    names.forEach((name, index) => {
      for (const pattern of fields.get(name) ?? []) {
        for (const state of reached[index] ?? []) {
          const rules = index === names.length - 1 ? state.ending : state.passing;
          const identity = identityOf(pattern);
          rules.set(identity, (rules.get(identity) ?? new Set()).add(rule));
        }
      }
    });
  }

  /** Returns the rules that already lead where this one does. */
  #addStep(step: {
    state: State;
    names: string[];
    index: number;
    fields: FieldRules;
    reached: Set<State>[];
  }): Set<number> {
    const { state, names, index, fields, reached } = step;
    this.#steps += 1;
    if (this.#steps > maxSteps) throw new InvalidPatternError('Rule is too complex');
    const patterns = fields.get(names[index] ?? '') ?? [];
    const nextStates = linkPatterns(state, names[index] ?? '', patterns);
    for (const next of nextStates) reached[index]?.add(next);

    let candidates = new Set<number>();
    let ofThisField: Set<number> | undefined;
    for (const next of nextStates) {
      if (index === names.length - 1) {
        candidates = rulesOf(next.ending, patterns);
        continue;
      }
      candidates = this.#addStep({ ...step, state: next, index: index + 1 });
      if (candidates.size === 0) continue;
      ofThisField = rulesOf(next.passing, patterns);
      if (patterns.length === 1 && nextStates.size === 1) break;
    }
    if (index === names.length - 1) return candidates;
    return ofThisField === undefined ? new Set() : candidates.intersection(ofThisField);
  }

  /** Whether any rule matches. Values of one array element are never combined with values of another. */
  matches(fields: ReadonlyMap<string, EventField[]>): boolean {
    return new Search(fields).from(this.#start, undefined, new Map());
  }
}

function rulesOf(rules: Map<string, Set<number>>, patterns: ValuePattern[]): Set<number> {
  const found = new Set<number>();
  for (const pattern of patterns) for (const rule of rules.get(identityOf(pattern)) ?? none) found.add(rule);
  return found;
}

/** Adds a field's alternatives to a state; alternatives that are there already keep the state they lead to. */
function linkPatterns(state: State, name: string, patterns: ValuePattern[]): Set<State> {
  const nextStates = new Set<State>();
  let last: State | undefined;
  for (const pattern of patterns) {
    if (pattern.type === 'absent') {
      last = state.absent.get(name) ?? last ?? new State();
      state.absent.set(name, last);
    } else if ('texts' in pattern && pattern.texts.length === 0) {
      // A list of nothing that may not be matches nothing; as the first alternative AWS's matcher refuses it.
      if (last === undefined) throw new InvalidPatternError('Empty arrays are not allowed');
    } else {
      refuseEmptyRange(pattern);
      let values = state.values.get(name);
      if (values === undefined) {
        values = { alternatives: new Map(), reads: { addresses: false, numbers: false } };
        state.values.set(name, values);
      }
      const identity = identityOf(pattern);
      last = values.alternatives.get(identity)?.next ?? last ?? new State();
      values.alternatives.set(identity, { pattern, identity, next: last });
      values.reads.addresses ||= pattern.type === 'range' && pattern.of === 'address';
      values.reads.numbers ||= isNumeric(pattern);
    }
    if (last !== undefined) nextStates.add(last);
  }
  return nextStates;
}

/** AWS's matcher compiles, but cannot build, the range from the least or greatest number to itself. */
function refuseEmptyRange(pattern: ValuePattern): void {
  if (pattern.type !== 'range' || pattern.of === 'address' || pattern.bottom !== pattern.top) return;
  throw new InvalidPatternError('Bottom must be less than top');
}

const isNumeric = (pattern: ValuePattern): boolean =>
  pattern.type === 'number' ||
  (pattern.type === 'range' && pattern.of === 'number') ||
  (pattern.type === 'anything-but' && pattern.numeric);

const absentIdentity = identityOf({ type: 'absent' });

/** A walk over all ways through the states; each combination of state, rules and array elements is tried once. */
class Search {
  readonly #fields: ReadonlyMap<string, EventField[]>;
  readonly #seen = new Map<State, Set<string>>();

  constructor(fields: ReadonlyMap<string, EventField[]>) {
    this.#fields = fields;
  }

  from(state: State, candidates: ReadonlySet<number> | undefined, membership: ReadonlyMap<number, number>): boolean {
    const seen = this.#seen.get(state) ?? new Set();
    this.#seen.set(state, seen);
    const key = `${[...(candidates ?? [])].join()}|${[...membership].sort(([a], [b]) => a - b).join()}`;
    if (seen.has(key)) return false;
    seen.add(key);
    for (const [name, next] of state.absent) {
      const fields = this.#fields.get(name) ?? [];
      if (fields.some((field) => combined(membership, field.membership) !== undefined)) continue;
      if (this.#enter(next, absentIdentity, candidates, membership)) return true;
    }
    for (const [name, values] of state.values) {
      for (const field of this.#fields.get(name) ?? []) {
        const together = combined(membership, field.membership);
        if (together !== undefined && this.#tryField(field, values, candidates, together)) return true;
      }
    }
    return false;
  }

  #tryField(
    field: EventField,
    values: Values,
    candidates: ReadonlySet<number> | undefined,
    membership: ReadonlyMap<number, number>,
  ): boolean {
    const found = readings(field.value, values.reads);
    for (const { pattern, identity, next } of values.alternatives.values()) {
      if (!found.some((reading) => accepts(pattern, reading))) continue;
      if (this.#enter(next, identity, candidates, membership)) return true;
    }
    return false;
  }

  #enter(
    state: State,
    identity: string,
    candidates: ReadonlySet<number> | undefined,
    membership: ReadonlyMap<number, number>,
  ): boolean {
    const ending = state.ending.get(identity) ?? none;
    if (candidates === undefined ? ending.size > 0 : !candidates.isDisjointFrom(ending)) return true;
    const passing = state.passing.get(identity) ?? none;
    const remaining = candidates === undefined ? passing : candidates.intersection(passing);
    return remaining.size > 0 && this.from(state, remaining, membership);
  }
}

/** The array elements of both, or undefined when they lie in different elements of one array. */
function combined(
  first: ReadonlyMap<number, number>,
  second: ReadonlyMap<number, number>,
): ReadonlyMap<number, number> | undefined {
  if (first.size === 0) return second;
  let both: Map<number, number> | undefined;
  for (const [array, index] of second) {
    const known = first.get(array);
    if (known === index) continue;
    if (known !== undefined) return undefined;
    both ??= new Map(first);
    both.set(array, index);
  }
  return both ?? first;
}
