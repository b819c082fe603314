import type { EnvironmentName } from '@millrace/catalog/environments.ts';
import { z } from 'zod';
import { askPolicies } from '../ask-policies.ts';
import { commandVariables } from '../cost/config.ts';
import type { FieldChange } from './field-changes.ts';
import { fieldChanges } from './field-changes.ts';

/** How what Terraform builds differs between two environments, or why nobody can say. */
export interface BuiltChanges {
  /** Addresses that the other one lacks. */
  deleted: string[];
  added: string[];
  /** `aws_nat_gateway network.aws_nat_gateway.this["b"]` */
  changed: { resource: string; fields: FieldChange[] }[];
  note: string | undefined;
}

const answer = z.record(z.string(), z.record(z.string(), z.unknown()));
type Resources = z.output<typeof answer>;

/** Asks `policies/terraform/print-built.ts` for both. */
export async function builtChanges(from: EnvironmentName, to: EnvironmentName): Promise<BuiltChanges> {
  const resourcesOf = (environment: EnvironmentName): Promise<Resources> =>
    askPolicies({
      program: 'terraform/print-built.ts',
      words: [environment],
      answer,
      codes: [0],
      variables: commandVariables(),
    });
  try {
    // One after the other: each takes all that the machine has.
    const before = await resourcesOf(from);
    return compareBuilt(before, await resourcesOf(to));
  } catch (error) {
    return silent(error instanceof Error ? error.message : String(error));
  }
}

/** Compares resources by their addresses. */
export function compareBuilt(before: Resources, after: Resources): BuiltChanges {
  const only = (these: Resources, others: Resources): string[] =>
    Object.keys(these)
      .filter((address) => !(address in others))
      .map(titleOf)
      .sort();
  const both = Object.keys(before).filter((address) => address in after);
  return {
    deleted: only(before, after),
    added: only(after, before),
    changed: both.sort().flatMap((address) => {
      const fields = fieldChanges(before[address], after[address]);
      return fields.length > 0 ? [{ resource: titleOf(address), fields }] : [];
    }),
    note: undefined,
  };
}

/** `network.aws_nat_gateway.this["b"]` is an `aws_nat_gateway network/this["b"]`. */
function titleOf(address: string): string {
  const [, module = '', type = '', name = ''] = /^([\w-]+)(?:\[[^\]]*\])?\.(\w+)\.(.+)$/.exec(address) ?? [];
  return type === '' ? address : `${type} ${module}/${name}`;
}

const silent = (reason: string): BuiltChanges => ({
  deleted: [],
  added: [],
  changed: [],
  note: `What Terraform builds was not compared: ${reason.split('\n')[0]}. See "make terraform".`,
});
