import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { environmentNames } from '@millrace/catalog/environments.ts';
import { CommandFault } from '../command-fault.ts';

/** What a command was told, by option or by variable. */
export interface Options {
  values: ReadonlyMap<string, string>;
  switches: ReadonlySet<string>;
}

interface Known {
  /** Options with a value: `env` is `--env NAMES` or `ENV=NAMES`. */
  values: readonly string[];
  /** Options without: `json` is `--json` or `JSON=1`. */
  switches: readonly string[];
  variables: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads options (`--env dev`, `--env=dev`, `--json`), and for what is not said the variable of the same name in capitals.
 * @throws CommandFault (2) for an option that there is not, or one without its value.
 */
export function readOptions(words: readonly string[], known: Known): Options {
  const values = new Map<string, string>();
  const switches = new Set<string>();
  for (const name of known.values) {
    const value = known.variables[name.toUpperCase()];
    if (value) values.set(name, value);
  }
  for (const name of known.switches) {
    const variable = name.toUpperCase();
    const value = known.variables[variable] ?? '';
    if (!['', '0', '1'].includes(value)) {
      throw new CommandFault(2, `${variable}=${value} is not understood: write ${variable}=1, or leave it out.`);
    }
    if (value === '1') switches.add(name);
  }
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, name = '', inline] = /^--([a-z-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (known.switches.includes(name) && inline === undefined) switches.add(name);
    else if (known.values.includes(name)) values.set(name, inline ?? textOf(name, rest.shift()));
    else throw new CommandFault(2, `There is no option "${word}". See --help.`);
  }
  return { values, switches };
}

/** The environments that a text names with commas between; all of them for no text. @throws CommandFault (2) */
export function environmentsIn(text: string | undefined): EnvironmentName[] {
  if (text === undefined) return [...environmentNames];
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !isEnvironment(name));
  if (unknown !== undefined) {
    throw new CommandFault(2, `There is no environment "${unknown}". Write some of ${environmentNames.join(', ')}.`);
  }
  return environmentNames.filter((name) => names.includes(name));
}

/** Whether a text is the name of an environment. */
export const isEnvironment = (name: string): name is EnvironmentName =>
  environmentNames.some((known) => known === name);

function textOf(name: string, word: string | undefined): string {
  if (word === undefined || word === '' || word.startsWith('--')) throw new CommandFault(2, `--${name} needs a value.`);
  return word;
}
