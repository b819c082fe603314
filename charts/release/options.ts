import { nearest } from '@millrace/catalog/did-you-mean.ts';
import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { environmentNames } from '@millrace/catalog/environments.ts';
import { CommandFault } from '../command-fault.ts';
import { isEnvironment } from '../diff/options.ts';

/** One environment that was named with an option. @throws CommandFault (2) */
export function environmentIn(text: string | undefined, option: string): EnvironmentName {
  if (text === undefined) {
    throw new CommandFault(2, `${option} is missing. Write ${option}= and one of ${environmentNames.join(', ')}.`);
  }
  if (isEnvironment(text)) return text;
  throw new CommandFault(
    2,
    `${option}: there is no environment "${text}". Write one of ${environmentNames.join(', ')}.`,
  );
}

/** The services that a text names with commas between; undefined for no text. @throws CommandFault (2) */
export function servicesIn(text: string | undefined, known: readonly string[]): string[] | undefined {
  if (text === undefined) return undefined;
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return [...new Set(names)];
  const meant = nearest(unknown, known);
  const advice = meant ? `Did you mean ${meant}?` : `Known: ${known.join(', ')}.`;
  throw new CommandFault(2, `SERVICE: there is no service "${unknown}". ${advice}`);
}

/** A choice that is 1 or 0, and something else when it is not made. @throws CommandFault (2) */
export function choiceIn(text: string | undefined, facts: { option: string; standard: boolean }): boolean {
  if (text === undefined) return facts.standard;
  if (text === '0' || text === '1') return text === '1';
  throw new CommandFault(2, `${facts.option}=${text} is not understood: write ${facts.option}=1 or ${facts.option}=0.`);
}
